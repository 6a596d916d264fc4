"""Blocks, seeds and noise apart, by exact least squares, whichever seeds each block has.

Notation: score y_bs of block b with seed s is m_b + c_s + e_bs. What a seed does to all blocks, its level c_s, moves none past
another one; e is noise with one standard deviation σ for all blocks. m and c are known up to a constant that goes from the one
to the other: here levels average to 0 over the scores. Groups of blocks that have no seed in common, not even by way of other
blocks, have such a constant each; their levels are assumed to average to the same.

>>> found = separate(np.array([[1.0, 2.0, np.nan], [np.nan, 4.0, 3.0], [2.0, np.nan, 2.5]]))
>>> found.means.round(3).tolist(), found.levels.round(3).tolist(), found.noise.degrees
([1.417, 3.25, 2.583], [-0.5, 0.667, -0.167], 1)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sase_bench.statistics.means import Spread

__all__ = ["Effects", "separate"]

Floats = NDArray[np.float64]

_SINGULAR = 1e-9  # of the largest eigenvalue: below it is the constant of a group


@dataclass(frozen=True)
class Effects:
    """Of k blocks and s seeds, in the unit of the scores."""

    means: Floats  # (k,), without the seeds' levels
    levels: Floats  # (s,), nan for a seed without a score
    counts: NDArray[np.int64]  # (k,) seeds
    noise: Spread | None  # of a single score; None where no degree of freedom is left for it
    residuals: Floats  # (k, s), nan where there is no score


def separate(scores: Floats) -> Effects:
    """The effects of scores (k, s), nan where there is none; every block has at least one.

    Block means are eliminated first, which leaves s equations. Scaled by the numbers of scores, their eigenvalues lie in 0..1.
    """
    there = np.isfinite(scores)
    counts, uses = there.sum(1), there.sum(0)
    own = np.where(there, scores, 0.0).sum(1) / counts
    left = np.where(there, scores - own[:, None], 0.0)
    scale = 1 / np.sqrt(np.maximum(uses, 1))
    laplacian = np.diag(uses) - (there / counts[:, None]).T @ there
    solved, _, rank, _ = np.linalg.lstsq(scale[:, None] * laplacian * scale, scale * left.sum(0), rcond=_SINGULAR)
    levels = scale * solved
    means = own - (there @ levels) / counts
    residuals = np.where(there, scores - means[:, None] - levels, np.nan)
    degrees = int(counts.sum()) - len(scores) - int(rank)
    noise = Spread(float(np.sqrt(np.nansum(residuals**2) / degrees)), degrees) if degrees else None
    return Effects(means, np.where(uses > 0, levels, np.nan), counts, noise, residuals)
