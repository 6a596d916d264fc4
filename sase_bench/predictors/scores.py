"""How good predictions are, and how good they could be at best against scores that are noisy themselves.

The noise ceiling is what a predictor of the true scores would get against measured means. It is simulated: in the crossed
model of `sase_bench.statistics.reliability`, fitted to normal scores (ranks within a seed, as quantiles of a normal
distribution), truths are drawn with the blocks' variance, means with the noise of as many seeds as each block has, and the
two are compared by the same functions as predictions are. For Kendall's tau and equal numbers of seeds this comes to
2/π · arcsin √reliability (Kruskal 1958, doi 10.1080/01621459.1958.10501481).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sase_bench.predictors.protocol import Floats, Indices, Prediction
from sase_bench.predictors.targets import Targets
from sase_bench.statistics.correlation import kendall, ranks, spearman
from sase_bench.statistics.panels import complete
from sase_bench.statistics.quantiles import normal_quantile
from sase_bench.statistics.reliability import LEAST_BLOCKS, icc

__all__ = ["Agreement", "agreement", "ceiling", "covered", "share_of_blocks"]

_DRAWS = 200
_TOP = 10


@dataclass(frozen=True)
class Agreement:
    """How well one list of scores orders blocks as another does: 1 = exactly. nan where it is not defined."""

    tau: float  # Kendall's tau-b
    spearman: float
    precision: float  # share of the ten best by one among the ten best by the other; of 50 blocks or more


def agreement(foretold: Floats, measured: Floats, *, sign: int = 1) -> Agreement:
    """Of predictions with measured means, (n,) each; `sign` is 1 where smaller is better, else -1."""
    if np.ptp(foretold) == 0 or np.ptp(measured) == 0:
        return Agreement(np.nan, np.nan, np.nan)
    best = [set(np.argsort(sign * values, kind="stable")[:_TOP].tolist()) for values in (foretold, measured)]
    precision = len(best[0] & best[1]) / _TOP if len(measured) >= 5 * _TOP else np.nan
    return Agreement(kendall(foretold, measured), spearman(foretold, measured), precision)


def covered(prediction: Prediction, measured: Floats, noise: Floats | None, share: float) -> float:
    """How many measured means lie in the central interval that should hold `share` of them: the sd's and their own noise."""
    variance = prediction.sd**2 + (0.0 if noise is None else noise**2)
    return float((np.abs(measured - prediction.mean) <= normal_quantile(share) * np.sqrt(variance)).mean())


def share_of_blocks(targets: Targets) -> float:
    """The blocks' share in the variance of single runs, of normal scores; nan where no two seeds share enough blocks."""
    scores = complete(targets.scores)
    if len(scores) < LEAST_BLOCKS or scores.shape[1] < 2:
        return float("nan")
    from scipy.special import ndtri

    return icc(ndtri((ranks(scores) - 0.5) / len(scores)))


def ceiling(share: float, counts: Indices, seed: int = 0) -> Agreement:
    """What the truth would get against means over `counts` seeds (n,); nan unless blocks differ by more than their noise."""
    if not 0 < share <= 1:
        return Agreement(np.nan, np.nan, np.nan)
    generator = np.random.default_rng(seed)
    drawn = []
    for _ in range(_DRAWS):
        truth = np.sqrt(share) * generator.standard_normal(len(counts))
        means = truth + np.sqrt((1 - share) / counts) * generator.standard_normal(len(counts))
        found = agreement(truth, means)
        drawn.append((found.tau, found.spearman, found.precision))
    return Agreement(*(float(value) for value in np.mean(drawn, axis=0)))
