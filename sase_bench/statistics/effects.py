"""Blocks, seeds and noise apart, by exact least squares, whichever seeds each block has.

Notation: score y_bs of block b with seed s is m_b + c_s + e_bs. What a seed does to all blocks, its level c_s, moves none past
another one; e is noise. m and c are known up to a constant that goes from the one
to the other: here levels average to 0 over the scores. Groups of blocks that have no seed in common, not even by way of other
blocks, have such a constant each; their levels are assumed to average to the same, and `difference` compares none of them.

>>> found = separate(np.array([[1.0, 2.0, np.nan], [np.nan, 4.0, 3.0], [2.0, np.nan, 2.5]]))
>>> found.means.round(3).tolist(), found.levels.round(3).tolist(), found.noise.degrees
([1.417, 3.25, 2.583], [-0.5, 0.667, -0.167], 1)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sase_bench.statistics.means import Spread
from sase_bench.statistics.variances import Variances, moderated

__all__ = ["Effects", "separate"]

Floats = NDArray[np.float64]

_SINGULAR = 1e-9  # of the largest eigenvalue: below it is the constant of a group
_ESTIMABLE = 1e-6  # what a difference may lack that the scores determine


@dataclass(frozen=True)
class Effects:
    """Of k blocks and s seeds, in the unit of the scores."""

    means: Floats  # (k,), without the seeds' levels
    levels: Floats  # (s,), nan for a seed without a score
    counts: NDArray[np.int64]  # (k,) seeds
    noise: Spread | None  # of a single score, as if one for all blocks; None where no degree of freedom is left for it
    residuals: Floats  # (k, s), nan where there is no score

    @cached_property
    def variances(self) -> Variances | None:
        """Of a single score of each block: blocks differ in it, see `variances`."""
        if self.noise is None:
            return None
        freedom = self.counts - 1  # of which the seeds' levels have taken some, from all blocks alike
        squares = np.nansum(self.residuals**2, axis=1) * freedom.sum() / self.noise.degrees
        found = moderated(squares / np.maximum(freedom, 1), freedom, self.means)
        return replace(found, freedom=np.minimum(found.freedom, self.noise.degrees))

    def difference(self, one: int, other: int) -> tuple[float, Spread] | None:
        """The mean of the block in row `one` less that in row `other`, by all scores of the table, and its standard error.

        None where the two have no seed in common, not even by way of other blocks, or where the noise is not known.
        """
        if self.variances is None:
            return None
        there = np.isfinite(self.residuals)
        share = there / self.counts[:, None]
        contrast = share[one] - share[other]
        laplacian = np.diag(there.sum(0)) - share.T @ there
        pull = np.linalg.lstsq(laplacian, contrast, rcond=_SINGULAR)[0]
        if not np.allclose(laplacian @ pull, contrast, atol=_ESTIMABLE):
            return None
        weights = np.where(there, (share @ pull)[:, None] - pull, 0.0)  # of the scores in the difference
        weights[one] += share[one]
        weights[other] -= share[other]
        return float(self.means[one] - self.means[other]), self._error((weights**2).sum(1))

    def error_of_pairs(self, one: int, other: int, pairs: int) -> Spread | None:
        """The standard error of the mean difference of two blocks over `pairs` seeds that both have."""
        squares = np.zeros(len(self.counts))
        squares[[one, other]] = 1 / pairs
        return None if self.variances is None else self._error(squares)

    def _error(self, squares: Floats) -> Spread:
        """Of a weighted sum of scores with these sums of squared weights by block: degrees by Welch and Satterthwaite."""
        assert self.variances is not None
        parts, freedom = self.variances.values * squares, self.variances.freedom
        total = float(parts.sum())
        shared = self.variances.is_common or not total
        degrees = float(freedom.max()) if shared else total**2 / float((parts**2 / freedom).sum())
        return Spread(float(np.sqrt(total)), max(1, int(degrees)))


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
