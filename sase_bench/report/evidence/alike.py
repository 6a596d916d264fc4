"""How alike two tasks rank the same attention, whatever stands in it: by ranks alone, with the noise of both in it."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import NamedTuple

import numpy as np

from sase_bench.statistics.correlation import spearman, spearman_interval

__all__ = ["Alike", "ranked_alike"]


class Alike(NamedTuple):
    """Spearman's correlation with its 95 % interval."""

    pairs: int
    correlation: float
    low: float
    high: float


def ranked_alike(pairs: Sequence[tuple[float, float]]) -> Alike | None:
    """Of the scores of each attention on both tasks, smaller is better on both or larger on both; None for too few."""
    r = spearman(*np.asarray(pairs, dtype=np.float64).T) if len(pairs) > 1 else float("nan")
    interval = None if isnan(r) else spearman_interval(r, len(pairs))
    return None if interval is None else Alike(len(pairs), r, *interval)
