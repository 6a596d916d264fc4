"""How good predictions are beside measured means."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sase_bench.predictors.protocol import Floats, Prediction
from sase_bench.statistics.correlation import kendall, spearman
from sase_bench.statistics.quantiles import normal_quantile

__all__ = ["RankAccuracy", "covered", "rank_accuracy"]

_TOP = 10


@dataclass(frozen=True)
class RankAccuracy:
    """How well one list of scores orders blocks as another does: 1 = exactly. nan where it is not defined."""

    tau: float  # Kendall's tau-b
    spearman: float
    precision: float  # share of the ten best by one among the ten best by the other; of 50 blocks or more


def rank_accuracy(predicted: Floats, measured: Floats, *, sign: int = 1) -> RankAccuracy:
    """Of predictions with measured means, (n,) each; `sign` is 1 where smaller is better, else -1."""
    if np.ptp(predicted) == 0 or np.ptp(measured) == 0:
        return RankAccuracy(np.nan, np.nan, np.nan)
    best = [set(np.argsort(sign * values, kind="stable")[:_TOP].tolist()) for values in (predicted, measured)]
    precision = len(best[0] & best[1]) / _TOP if len(measured) >= 5 * _TOP else np.nan
    return RankAccuracy(kendall(predicted, measured), spearman(predicted, measured), precision)


def covered(prediction: Prediction, measured: Floats, noise: Floats | None, share: float) -> float:
    """How many measured means lie in the central interval that should hold `share` of them: the sd's and their own noise."""
    variance = prediction.sd**2 + (0.0 if noise is None else noise**2)
    return float((np.abs(measured - prediction.mean) <= normal_quantile(share) * np.sqrt(variance)).mean())
