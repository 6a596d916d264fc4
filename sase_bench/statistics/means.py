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

from sase_bench.statistics.quantiles import t_quantile, t_tail

__all__ = ["CONFIDENCE", "TAILS", "Spread", "central_interval", "error_of_mean", "half_width", "mean_and_error", "spread"]

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

    def p_value(self, value: float) -> float:
        """p-value that the truth behind `value` is zero: two-sided, below 0.05 where the interval of the two is beyond zero."""
        if not self.sd:
            return float(not value)
        return t_tail(value / self.sd, self.degrees)


def half_width(sd: float | None, count: int) -> float | None:
    """Half the confidence interval of a mean of `count` numbers with standard deviation `sd`; None for fewer than two."""
    error = error_of_mean(sd, count)
    return None if error is None else error.half_width


def error_of_mean(sd: float | None, count: int) -> Spread | None:
    """The standard error of a mean of `count` numbers with standard deviation `sd`; None for fewer than two."""
    return None if sd is None or count < 2 else Spread(sd / sqrt(count), count - 1)


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
