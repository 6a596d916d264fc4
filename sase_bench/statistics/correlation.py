"""Ranks, and how well two lists agree in them.

>>> x, y = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 3.0, 2.0, 4.0])
>>> ranks(np.array([[0.3], [0.1], [0.3]])).T.tolist(), round(spearman(x, y), 3), round(kendall(x, y), 3)
([[2.5, 1.0, 2.5]], 0.8, 0.667)
"""

from __future__ import annotations

from math import atanh, sqrt, tanh

import numpy as np
from numpy.typing import NDArray

from sase_bench.statistics.means import CONFIDENCE
from sase_bench.statistics.quantiles import normal_quantile

__all__ = ["kendall", "ranks", "spearman", "spearman_interval"]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


def ranks(y: Floats) -> Floats:
    """Ranks from 1 within each column of y (k, s); equal values share their mean rank."""
    found, last = np.empty(y.shape), len(y) - 1
    order, places = np.argsort(y, axis=0), np.arange(len(y))[:, None]
    ordered = np.take_along_axis(y, order, 0)
    differ, end = ordered[1:] != ordered[:-1], np.ones((min(len(y), 1), y.shape[1]), dtype=bool)
    first_of = np.maximum.accumulate(np.where(np.vstack([end, differ]), places, 0), axis=0)
    last_of = np.minimum.accumulate(np.where(np.vstack([differ, end]), places, last)[::-1], axis=0)[::-1]
    np.put_along_axis(found, order, (first_of + last_of) / 2 + 1, 0)
    return found


def spearman(x: Floats, y: Floats) -> float:
    """Spearman's rank correlation of (n,) and (n,); nan where all of one are equal."""
    both = ranks(np.stack([x, y], axis=1))
    if (both == both[0]).all(0).any():
        return float("nan")
    return float(np.asarray(np.corrcoef(both.T))[0, 1])


def spearman_interval(r: float, n: int) -> tuple[float, float] | None:
    """Of a Spearman correlation r of n pairs, 95 %: tanh(atanh r ± z·√((1 + r²/2)/(n − 3))).

    Bonett & Wright 2000, doi 10.1007/BF02294183. None for n below 4, and where all pairs agree: it would have no width, which
    says nothing.
    """
    if n < 4 or abs(r) > 1 - 1e-12:
        return None
    margin = normal_quantile(CONFIDENCE) * sqrt((1 + r**2 / 2) / (n - 3))
    return tanh(atanh(r) - margin), tanh(atanh(r) + margin)


def kendall(x: Floats, y: Floats) -> float:
    """Kendall's tau-b of (n,) and (n,), in n log n steps (Knight 1966, doi 10.2307/2282833); nan where all of one are equal."""
    one, other = (np.unique(values, return_inverse=True)[1].astype(np.int64) for values in (x, y))
    pairs = len(x) * (len(x) - 1) // 2
    in_one, in_other = pairs - _equal(one), pairs - _equal(other)
    if not in_one or not in_other:
        return float("nan")
    ordered = other[np.lexsort((other, one))]
    in_both = in_one + in_other - pairs + _equal(one * len(x) + other)
    return (in_both - 2 * _inversions(ordered)) / sqrt(in_one) / sqrt(in_other)


def _equal(values: Indices) -> int:
    """Pairs of equal values."""
    counts = np.unique(values, return_counts=True)[1]
    return int((counts * (counts - 1) // 2).sum())


def _inversions(values: Indices) -> int:
    """Pairs of which the first is larger. Numbers from 0 are sorted bit by bit; two are exchanged at the first that differs."""
    found = 0
    for bit in reversed(range(int(values.max()).bit_length())):
        ones, prefix = values >> bit & 1, values >> bit + 1
        before = np.cumsum(ones) - ones  # ones ahead of each number, those with other prefixes included
        found += int(((before - before[np.searchsorted(prefix, prefix)]) * (1 - ones)).sum())
        values = values[np.argsort(values >> bit, kind="stable")]
    return found
