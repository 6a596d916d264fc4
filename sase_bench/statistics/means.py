"""Means of a few numbers and their intervals, and the one level of confidence that all intervals have.

>>> mean, sd = spread([0.5, 0.25, 0.75])
>>> mean, sd, round(half_width(sd, 3), 4)
(0.5, 0.25, 0.621)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, sqrt

import numpy as np
from numpy.typing import NDArray

from sase_bench.statistics.quantiles import t_quantile

__all__ = ["CONFIDENCE", "TAILS", "Spread", "central_interval", "half_width", "mean_and_error", "spread"]

#: Of every interval, two-sided.
CONFIDENCE = 0.95

#: The shares of what an interval is of that lie below its lower and below its upper end.
TAILS = (1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2


@dataclass(frozen=True)
class Spread:
    """A standard deviation and the degrees of freedom it rests on."""

    sd: float
    degrees: int

    @property
    def half_width(self) -> float:
        """Half the confidence interval of what has this standard error."""
        return t_quantile(CONFIDENCE, self.degrees) * self.sd


def half_width(sd: float | None, count: int) -> float | None:
    """Half the confidence interval of a mean of `count` numbers with standard deviation `sd`; None for fewer than two."""
    if sd is None or count < 2:
        return None
    return t_quantile(CONFIDENCE, count - 1) * sd / sqrt(count)


def spread(values: Sequence[float]) -> tuple[float | None, float | None]:
    """Mean and sample standard deviation, each None where there are too few values for it."""
    if not values:
        return None, None
    mean = fsum(values) / len(values)
    if len(values) < 2:
        return mean, None
    return mean, sqrt(fsum((value - mean) ** 2 for value in values) / (len(values) - 1))


def mean_and_error(values: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and its standard error, over what is finite; nan where that is undefined."""
    known = values[np.isfinite(values)]
    if not len(known):
        return float("nan"), float("nan")
    return float(known.mean()), float(known.std(ddof=1) / np.sqrt(len(known))) if len(known) > 1 else float("nan")


def central_interval(drawn: NDArray[np.float64]) -> tuple[float, float]:
    """Two of the draws (n,) with the confidence between them; a draw that is nan may lie beyond either end."""
    low = np.quantile(np.nan_to_num(drawn, nan=-np.inf), TAILS[0], method="lower")
    high = np.quantile(np.nan_to_num(drawn, nan=np.inf), TAILS[1], method="higher")
    return float(low), float(high)
