"""How far a search was from the best block of its pool, after so many evaluations or so much simulated time.

The truth is the table's mean over the seeds by which the blocks of the pool are ranked (`Measured.ranking`); the first of them
is the oracle. Regret is the true score of the incumbent short of the oracle's: in the unit of the metric, 0 is best, negative
where it has few of the seeds and they flatter it. The incumbent is the block with the best score that was shown.

Where that is one noisy run, a search with a model of its scores says itself which block it believes best, and the truth is the
mean of the other runs alone (`Truth.without`): a block that looked best for its luck is not judged by that luck. The oracle is
chosen by all runs, so it keeps some luck of its own, by which all regrets of a repeat are too large alike; by a repeat's own
runs another block may be ahead of it, with a negative regret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sase_bench.benchmark import Finished, Measured, objective_of
from sase_bench.benchmark.arrays import mean_over_seeds
from sase_bench.errors import RequestError
from sase_bench.record import COLUMNS
from sase_bench.search import Pool
from sase_bench.statistics.effects import separate

__all__ = ["Trajectory", "Truth", "one_seed", "trajectory"]

Floats = NDArray[np.float64]


class Trajectory(NamedTuple):
    """What one search did, in the order in which its blocks ended."""

    archs: NDArray[np.int64]  # (t,)
    incumbents: NDArray[np.int64]  # (t,) the block that looked best after each; -1 before there is a score
    seconds: Floats  # (t,) on the simulated clock


def trajectory(done: Sequence[Finished], metric: str, believed: Mapping[int, int] | None = None) -> Trajectory:
    """The incumbents of a search that was shown the scores in `done`.

    `believed` are the blocks that it believed best, by the number of its results; one stays until the next.
    """
    best, incumbent, incumbents = np.inf, -1, []
    believes, believed = False, believed or {}
    for count, finished in enumerate(done, 1):
        objective = objective_of(metric, getattr(finished, metric))
        if objective is not None and objective < best:
            best = objective
            incumbent = incumbent if believes else finished.arch.index
        if count in believed:
            believes, incumbent = True, believed[count]
        incumbents.append(incumbent)
    archs = [finished.arch.index for finished in done]
    return Trajectory(np.asarray(archs), np.asarray(incumbents), np.asarray([finished.ended for finished in done]))


@dataclass(frozen=True)
class Truth:
    """The true objectives of a pool, smaller is better; nan for a block that has no score."""

    metric: str
    objectives: Floats  # (n,) by member of the pool
    runs: Floats  # (n, s) of each run, without what its seed does to all blocks; nan where there is none
    pool: Pool
    ranked: NDArray[np.int64]  # members with a score for each of the seeds, best first; of equals the smaller index

    @classmethod
    def of(cls, table: Measured, pool: Pool, metric: str) -> Truth:
        """Raises `RequestError` if no block of the pool has a score."""
        rows = table.row[pool.members]
        ranking, sign = table.ranking(metric, rows), COLUMNS[metric].sign
        runs = table.scores(metric)[rows].copy()
        scored = np.isfinite(runs).any(1)
        runs[scored] -= separate(runs[scored]).levels
        return cls(metric, sign * ranking.values[rows], sign * runs, pool, table.archs[ranking.rows])

    def without(self, shown: Measured) -> Truth:
        """The truth by the runs that `shown`, a part of the table, lacks: for a search that was shown it.

        Nan for a block that has no other score. The oracle stays, and its objective is by its other runs, too. Raises
        `RequestError` where it has none.
        """
        seen = shown.status[shown.row[self.pool.members]] >= 0
        unseen = replace(self, objectives=mean_over_seeds(np.where(seen, np.nan, self.runs)))
        if np.isnan(unseen.objective(np.asarray([self.oracle]))).any():
            why = "a run that a search is shown does not judge it, and the best block has no other"
            raise RequestError(f"{why}; fill in a second seed of all blocks, or compare by --sees mean")
        return unseen

    @property
    def oracle(self) -> int:
        return int(self.ranked[0])

    def objective(self, archs: NDArray[np.int64]) -> Floats:
        """True objectives of members; nan for -1, which stands for no block."""
        found = np.searchsorted(self.pool.members, archs)
        return np.where(archs < 0, np.nan, self.objectives[np.minimum(found, len(self.objectives) - 1)])

    def regret(self, archs: NDArray[np.int64]) -> Floats:
        """True objective above the oracle's; nan for -1."""
        return self.objective(archs) - self.objective(np.asarray([self.oracle]))

    @property
    def worst(self) -> float:
        """The largest regret of a member that has one: that of a block without a score to judge it by, too."""
        return float(np.nanmax(self.regret(self.pool.members)))

    def top(self, share: float) -> NDArray[np.int64]:
        """The best `share` of the blocks that are ranked, at least one, best first."""
        return self.ranked[: max(1, int(share * len(self.ranked)))]


def one_seed(table: Measured, repeat: int) -> Measured:
    """The table with one run left of each block, drawn by `repeat` and the block alone: the same luck for every strategy."""
    status = np.full_like(table.status, -1)
    for row, arch in enumerate(table.archs.tolist()):
        there = np.flatnonzero(table.status[row] >= 0)
        column = there[np.random.default_rng([repeat, arch]).integers(len(there))]
        status[row, column] = table.status[row, column]
    return replace(table, status=status)
