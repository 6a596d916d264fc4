"""Comparing strategies over paired repeats.

Notation: x (r, k) holds one figure, smaller is better, of k strategies in each of r repeats that share their seed and luck.

>>> import numpy as np
>>> holm([0.01, 0.04, 0.03])
[0.03, 0.06, 0.06]
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sase_bench.statistics.correlation import ranks
from sase_bench.statistics.quantiles import chi_squared_tail, range_quantile

__all__ = ["Ranks", "average_ranks", "beats", "beats_each", "holm", "repeats_needed"]

Floats = NDArray[np.float64]

_LEVEL = 0.05  # of the critical difference, and of the tests that `repeats_needed` is for
_EFFECT = 0.5  # a mean difference that is to be seen, in standard deviations of the paired differences
_POWER = 0.8  # how often it is to be seen
_EFFICIENCY = 3 / math.pi  # of the signed-rank test beside the t-test on normal differences (Hodges & Lehmann 1956)


class Ranks(NamedTuple):
    """Average ranks with the Friedman test and Nemenyi's critical difference (Demšar, JMLR 2006)."""

    ranks: Floats  # (k,), 1 = best in every repeat
    p_value: float  # that all strategies are equal
    critical_difference: float  # of two average ranks, at 5 % over all pairs; infinite for fewer than two repeats


def average_ranks(x: Floats) -> Ranks:
    """Ranks within each repeat, ties shared. The repeats are runs on one table, so this says nothing of another one."""
    repeats, strategies = x.shape
    places = ranks(x.T)  # (k, r)
    p_value = float("nan")
    if repeats > 1 and strategies > 2 and not (x == x[:, :1]).all():
        between = float(((places.sum(1) - repeats * (strategies + 1) / 2) ** 2).sum())
        within = float(((places - (strategies + 1) / 2) ** 2).sum())  # less than without ties
        p_value = chi_squared_tail((strategies - 1) * between / within, strategies - 1)
    if repeats < 2:
        return Ranks(places.mean(1), p_value, float("inf"))
    quantile = range_quantile(1 - _LEVEL, strategies) / math.sqrt(2)
    return Ranks(places.mean(1), p_value, quantile * math.sqrt(strategies * (strategies + 1) / (6 * repeats)))


def beats(first: Floats, second: Floats) -> float:
    """p-value that `first` (r,) is not smaller than `second` (r,): Wilcoxon's signed-rank test, one-sided.

    By the normal distribution; repeats that are equal keep their rank and count half for either side.
    """
    differences = first - second
    if not differences.any():
        return 1.0
    places = ranks(np.abs(differences)[:, None])[:, 0]
    sizes = np.unique(places, return_counts=True)[1]
    larger = float((places * (np.sign(differences) + 1) / 2).sum())
    n = len(places)
    variance = n * (n + 1) * (2 * n + 1) / 24 - float((sizes**3 - sizes).sum()) / 48
    return math.erfc((n * (n + 1) / 4 - larger) / math.sqrt(2 * variance)) / 2


def beats_each(first: Floats, second: Floats) -> Floats:
    """p-values (g, h) that a column of `first` (r, g) beats one of `second` (r, h), corrected for all g·h pairs.

    Whoever then chooses the best column on these same repeats has not chosen among uncorrected results.
    """
    pairs = [beats(one, other) for one in first.T for other in second.T]
    return np.asarray(holm(pairs), dtype=np.float64).reshape(first.shape[1], second.shape[1])


def repeats_needed(tests: int) -> int:
    """Repeats with which `beats` sees half a standard deviation in four cases of five, at 5 % over so many tests.

    The number for a normal test, z²/2 more for a deviation that is estimated (Guenther, American Statistician 1981).
    """
    normal = NormalDist()
    critical = normal.inv_cdf(1 - _LEVEL / tests)
    return math.ceil(((critical + normal.inv_cdf(_POWER)) / _EFFECT) ** 2 / _EFFICIENCY + critical**2 / 2)


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values corrected for being several (Holm 1979), in the order given."""
    corrected = [0.0] * len(p_values)
    largest = 0.0
    for place, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[index]))
        corrected[index] = largest
    return corrected
