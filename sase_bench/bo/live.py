"""A live search: what the strategy suggests is trained by the sweep engine, row by row into the table.

The table is the search's memory. A block is known when it has a run of every seed asked for; those are told to the strategy
before anything is trained, so a search that was killed goes on where it was, and profits from any sweep before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

from sase_bench.benchmark import Benchmark, Strategy, objective_of
from sase_bench.database import Store
from sase_bench.record import Record
from sase_bench.search import Pool
from sase_bench.space import Architecture
from sase_bench.sweep import Executor, Job, Task, sweep, tasks_of

__all__ = ["Live", "Outcome"]


class Outcome(NamedTuple):
    """What came of one block."""

    arch: int
    value: float | None  # mean over the seeds that ended ok, in the metric's unit; None if none did
    seeds: int  # that it is the mean of
    trained: bool  # by this search; else it was in the table


class Live:
    """One search over `pool` until the table knows `evaluations` of its blocks; `metric` is what the strategy is told."""

    def __init__(
        self, strategy: Strategy, pool: Pool, *, metric: str, seeds: Sequence[int], evaluations: int, batch: int = 1
    ) -> None:
        self.outcomes: list[Outcome] = []
        self._strategy, self._pool, self._metric = strategy, pool, metric
        self._seeds, self._evaluations, self._batch = tuple(seeds), evaluations, batch
        self._runs: dict[int, dict[int, float | None]] = {}  # block → seed → score
        self._left = evaluations  # blocks that may still be asked for

    def run(self, store: Store, executor: Executor, job: Job, *, budget: float | None = None) -> bool:
        """Search; whether it came to its end, and not to that of the budget in seconds. Interrupts go on as in `sweep`."""
        self._remember(store, job.proxy.name)
        result = sweep(store, executor, job, (), budget=budget, progress=self._on_run, more=self._more)
        return self._left < 1 and not result.ended_by

    def _remember(self, store: Store, proxy: str) -> None:
        if not any(key[1] == proxy for key in store.keys):
            return
        table = Benchmark.load(store.path).measured(proxy)
        scores = table.scores(self._metric)
        for row, arch in enumerate(table.archs.tolist()):
            for column, seed in enumerate(table.seeds.tolist()):
                if seed in self._seeds and table.status[row, column] >= 0:
                    score = float(scores[row, column]) if table.is_ok[row, column] else None
                    self._note(arch, seed, score, trained=False)

    def _on_run(self, record: Record) -> None:
        self._note(record.arch, record.seed, getattr(record, self._metric), trained=True)

    def _note(self, arch: int, seed: int, score: float | None, *, trained: bool) -> None:
        runs = self._runs.setdefault(arch, {})
        runs[seed] = score
        if len(runs) < len(self._seeds):
            return
        known = [value for value in runs.values() if value is not None]
        value = fmean(known) if known else None
        self._strategy.tell(arch, objective_of(self._metric, value))
        if arch in self._pool:
            self.outcomes.append(Outcome(arch, value, len(known), trained))
            self._left -= not trained  # those that it asked for were counted when they were asked

    def _more(self) -> list[Task]:
        if self._left < 1:
            return []
        asked = self._strategy.ask(min(self._batch, self._left))
        self._left = self._left - len(asked) if asked else 0
        return tasks_of([Architecture(arch) for arch in asked], self._seeds, together=len(self._seeds))
