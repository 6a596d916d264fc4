"""Comparing strategies over paired repeats.

Notation: x (r, k) holds one figure, smaller is better, of k strategies in each of r repeats that share their seed and luck.

>>> import numpy as np
>>> holm([0.01, 0.04, 0.03])
[0.03, 0.06, 0.06]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Ranks", "average_ranks", "beats", "holm", "mean_and_error"]

Floats = NDArray[np.float64]

_LEVEL = 0.05  # of the critical difference


class Ranks(NamedTuple):
    """Average ranks with the Friedman test and Nemenyi's critical difference (Demšar, JMLR 2006)."""

    ranks: Floats  # (k,), 1 = best in every repeat
    p_value: float  # that all strategies are equal
    critical_difference: float  # of two average ranks, at 5 % over all pairs; infinite for fewer than two repeats


def average_ranks(x: Floats) -> Ranks:
    """Ranks within each repeat, ties shared. The repeats are runs on one table, so this says nothing of another one."""
    from scipy.stats import friedmanchisquare, rankdata, studentized_range

    repeats, strategies = x.shape
    ranks = rankdata(x, axis=1).mean(0)
    undefined = repeats < 2 or strategies < 3 or (x == x[:, :1]).all()
    p_value = float("nan") if undefined else float(friedmanchisquare(*x.T).pvalue)
    if repeats < 2:
        return Ranks(ranks, p_value, float("inf"))
    quantile = float(studentized_range.ppf(1 - _LEVEL, strategies, np.inf)) / np.sqrt(2)
    return Ranks(ranks, p_value, float(quantile * np.sqrt(strategies * (strategies + 1) / (6 * repeats))))


def beats(first: Floats, second: Floats) -> float:
    """p-value that `first` (r,) is not smaller than `second` (r,): Wilcoxon's signed-rank test, one-sided, ties split."""
    from scipy.stats import wilcoxon

    if (first == second).all():
        return 1.0
    return float(wilcoxon(first, second, alternative="less", zero_method="zsplit", method="asymptotic").pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values corrected for being several (Holm 1979), in the order given."""
    corrected = [0.0] * len(p_values)
    largest = 0.0
    for place, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[index]))
        corrected[index] = largest
    return corrected


def mean_and_error(values: Floats) -> tuple[float, float]:
    """Mean and its standard error, over what is not nan; nan where that is undefined."""
    known = values[np.isfinite(values)]
    if not len(known):
        return float("nan"), float("nan")
    return float(known.mean()), float(known.std(ddof=1) / np.sqrt(len(known))) if len(known) > 1 else float("nan")
