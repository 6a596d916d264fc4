"""What predictors learn: one score for each measured block, with the sd of its error, from the runs of a table.

Notation: score y_bs of block b with seed s is m_b + c_s + e_bs, as in `sase_bench.statistics.effects`. The target is m_b; that
the seeds' c_s are taken out of it matters only where blocks have different seeds. The variance of e is a block's own, moderated
as in `sase_bench.statistics.variances`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sase_bench.benchmark import Measured
from sase_bench.errors import RequestError
from sase_bench.predictors.protocol import Floats, Indices
from sase_bench.samples import representative
from sase_bench.space import Space
from sase_bench.statistics.effects import separate

__all__ = ["Targets", "targets"]


@dataclass(frozen=True)
class Targets:
    """k measured blocks in ascending order of index."""

    proxy: str
    metric: str
    space: str
    archs: Indices  # (k,)
    y: Floats  # (k,), in the unit of the metric
    noise: Floats | None  # (k,), sd of y's own error; None if no block has two seeds
    counts: Indices  # (k,), seeds that y is the mean of
    scores: Floats  # (k, s), nan where there is none
    seeds: tuple[int, ...]  # (s,)

    @property
    def sha256(self) -> str:
        """Of blocks and scores, as little-endian numbers of 64 bits; the last bit of a fitted target is the processor's."""
        parts = self.archs.astype("<i8"), self.scores.astype("<f8")
        return hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()

    def representative(self) -> Targets:
        """Those of the blocks that stand for the space: what a person or a search chose is left out where most were drawn."""
        rows = self.rows(np.asarray(sorted(representative(set(self.archs.tolist()), self.space)), dtype=np.int64))
        noise = None if self.noise is None else self.noise[rows]
        return replace(
            self, archs=self.archs[rows], y=self.y[rows], noise=noise, counts=self.counts[rows], scores=self.scores[rows]
        )

    @property
    def shared_seeds(self) -> tuple[int, ...]:
        """Those of which every block has a score."""
        there = np.isfinite(self.scores)
        return tuple(seed for column, seed in enumerate(self.seeds) if there[:, column].all())

    def apart(self, held_out: Collection[int]) -> tuple[Targets, Targets]:
        """The targets by the other seeds, and by those of `held_out`, which all blocks share, alone.

        A seed's level and a block's variance are those of all scores. Without a seed to hold out both are the targets as they
        are.
        """
        if not held_out:
            return self, self
        found = separate(self.scores)
        chosen = np.isin(self.seeds, list(held_out))
        variances = None if found.variances is None else found.variances.values
        return self._of(found.levels, variances, ~chosen), self._of(found.levels, variances, chosen)

    def _of(self, levels: Floats, variances: Floats | None, columns: NDArray[np.bool_]) -> Targets:
        scores = self.scores[:, columns]
        counts = np.isfinite(scores).sum(1)
        return replace(
            self,
            y=np.nanmean(scores - levels[columns], axis=1),
            noise=None if variances is None else np.sqrt(variances / counts),
            counts=counts.astype(np.int64),
            scores=scores,
            seeds=tuple(np.asarray(self.seeds)[columns].tolist()),
        )

    def rows(self, archs: Indices) -> Indices:
        """Where these blocks stand."""
        return np.searchsorted(self.archs, archs)


def targets(measured: Measured, metric: str | None = None, space: str = "full") -> Targets:
    """The targets of all blocks in `space` with a run that ended ok, by `metric` as `Measured.metric` has it.

    Raises `RequestError` if there are none.
    """
    metric = measured.metric(metric)
    scores = measured.scores(metric)
    counts = np.isfinite(scores).sum(1)
    chosen = (counts > 0) & np.isin(measured.archs, Space(space).indices)
    if not chosen.any():
        raise RequestError(f"no block of the {space} space has a run on {measured.proxy} that ended ok")
    scores, counts = scores[chosen], counts[chosen]
    found, noise = separate(scores), None
    if found.variances is not None:
        noise = np.sqrt(found.variances.values / counts)
    archs = measured.archs[chosen]
    return Targets(
        measured.proxy,
        metric,
        space,
        archs,
        found.means,
        noise,
        counts.astype(np.int64),
        scores,
        tuple(measured.seeds.tolist()),
    )
