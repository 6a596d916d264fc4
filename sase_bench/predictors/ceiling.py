"""The noise ceiling: what a predictor of the true scores would get against measured means.

It is simulated: truths are drawn from the distribution that the measured blocks tell (`sase_bench.statistics.deconvolution`),
means with the noise of as many seeds as a test block is scored by, and the two are compared by the same functions as
predictions are. The interval comes from the blocks drawn again with replacement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sase_bench.predictors.protocol import Indices
from sase_bench.predictors.scores import RankAccuracy, rank_accuracy
from sase_bench.predictors.targets import Targets
from sase_bench.record import COLUMNS
from sase_bench.statistics.deconvolution import Truths, deconvolve

__all__ = ["Ceiling", "noise_ceiling"]

_DRAWS = 300
_RESAMPLES = 100  # of the blocks
_DRAWS_EACH = 50


@dataclass(frozen=True)
class Ceiling:
    """The best that can be expected; nan unless blocks differ by more than their noise."""

    best: RankAccuracy
    tau_low: float  # 95 %
    tau_high: float


_NONE = Ceiling(RankAccuracy(np.nan, np.nan, np.nan), np.nan, np.nan)


def noise_ceiling(targets: Targets, counts: Sequence[Indices]) -> Ceiling:
    """For test blocks of the kind of `targets`; `counts` has, for some repeats, the seeds that each test block is scored by."""
    if targets.noise is None:
        return _NONE
    y, seeds, variances = targets.y, targets.counts, targets.noise**2 * targets.counts
    truths = deconvolve(y, seeds, variances)
    if truths is None:
        return _NONE
    generator, sign = np.random.default_rng(0), COLUMNS[targets.metric].sign
    best = _best(truths, counts, _DRAWS, sign, generator)
    taus = []
    for _ in range(_RESAMPLES):
        rows = generator.integers(0, len(y), len(y))
        again = deconvolve(y[rows], seeds[rows], variances[rows])
        taus.append(0.0 if again is None else _best(again, counts, _DRAWS_EACH, sign, generator).tau)
    low, high = np.quantile(taus, [0.025, 0.975])
    return Ceiling(best, float(low), float(high))


def _best(truths: Truths, counts: Sequence[Indices], draws: int, sign: int, generator: np.random.Generator) -> RankAccuracy:
    drawn = (truths.draw(counts[draw % len(counts)], generator) for draw in range(draws))
    found = [rank_accuracy(truth, means, sign=sign) for truth, means in drawn]
    means = np.mean([(one.tau, one.spearman, one.precision) for one in found], axis=0)
    return RankAccuracy(*(float(mean) for mean in means))
