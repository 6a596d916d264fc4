"""A simulated cluster: n workers, a clock, and runs that take as long as the table says they took.

A search is told objectives, which are always minimised: a loss is its own objective, an accuracy counts negatively
(`objective_of`).

A run may be stopped at an epoch and gone on with, as successive halving does. It is one run of the whole length all the same:
its learning rate falls towards the last epoch of the recipe, so an early score is that of a training that has not yet settled
(`query "fidelity by loss"` says what it is worth).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from sase_bench.benchmark.arguments import whole
from sase_bench.benchmark.arrays import Measured, only
from sase_bench.errors import RequestError
from sase_bench.record import COLUMNS, OBJECTIVES
from sase_bench.space import Architecture

__all__ = ["Finished", "Simulation", "Strategy", "objective_of"]


class Finished(NamedTuple):
    """A block whose simulated runs have ended, or have come to the epoch they were to come to."""

    arch: Architecture
    seeds: tuple[int, ...]  # that were trained, one after the other
    epoch: int  # after which the scores were taken
    val_loss: float | None  # mean over those that ended ok; None if none did
    val_top1: float | None
    train_loss: float | None
    started: float  # s on the simulated clock
    ended: float


class Strategy(Protocol):
    """A search over a finite pool of blocks, which are named by their index in the full space."""

    @property
    def spent(self) -> float:
        """Seconds of training that `ask` has done by itself so far: 0 for a search that only thinks."""
        ...

    def ask(self, count: int = 1) -> list[int]:
        """Up to `count` blocks to try next, none of them ever asked or told before; fewer where no more are left."""
        ...

    def tell(self, arch: int, objective: float | None) -> None:
        """What came of a block, smaller is better; None for a run that diverged or failed. Also for blocks not asked for."""
        ...


def objective_of(metric: str, value: float | None) -> float | None:
    """The score `value` as an objective to be minimised, by the direction that the column declares; its own inverse."""
    return None if value is None else COLUMNS[metric].sign * value


class Simulation:
    """Submit blocks to free workers, and wait for the one that ends next; results come in the order of the simulated clock."""

    def __init__(self, table: Measured, workers: int = 1) -> None:
        if whole(workers, "workers") < 1:
            raise RequestError(f"a simulation has at least one worker, got {workers}")
        self._table = table
        self._running: list[tuple[float, int, Finished]] = []
        self._submitted = 0
        self._reached: dict[tuple[int, int], tuple[int, float]] = {}  # by row and column of the table: epoch, and when
        self.workers = workers
        self.clock = 0.0  # s

    @property
    def free(self) -> int:
        """Workers with nothing to do."""
        return self.workers - len(self._running)

    def submit(
        self,
        arch: Architecture | str | int,
        seeds: int | Sequence[int] | None = None,
        *,
        at: int | None = None,
    ) -> None:
        """Start a block on a free worker: with one seed, with several one after the other, or with all that were measured.

        The runs end with epoch `at` (the last one). What this simulation has trained before is not trained again: a run goes on
        from where it was stopped, and takes no time if it had come so far. A run that another worker is still training is
        waited for. One that diverged or failed takes all its seconds at once. Raises `RequestError` if no worker is free, or a
        run or an epoch is not in the table.
        """
        arch = Architecture.of(arch)
        if not self.free:
            raise RequestError(f"all {self.workers} workers are busy; wait() for one")
        row = int(self._table.row[arch.index])
        there = self._table.seeds[self._table.status[row] >= 0].tolist() if row >= 0 else []
        named = there if seeds is None else seeds if isinstance(seeds, Iterable) else [seeds]
        chosen = tuple(whole(seed, "seed") for seed in named)
        if len(set(chosen)) < len(chosen):
            raise RequestError(f"the seeds of a block are all different, got {chosen!r}")
        missing = [seed for seed in chosen if seed not in there]
        if missing or not chosen:
            seed = missing[0] if missing else "any"
            raise RequestError(f"run ({arch.index}, seed {seed}) is not in {self._table.proxy}")
        epoch = self._table.epochs if at is None else whole(at, "at")
        if not 1 <= epoch <= self._table.epochs:
            raise RequestError(f"{self._table.proxy} has the epochs 1..{self._table.epochs}, got {at!r}")
        columns = np.searchsorted(self._table.seeds, chosen)
        ok = columns[self._table.is_ok[row, columns]]
        found = {name: self._table.answers(name)[row, ok, epoch - 1] for name in OBJECTIVES}
        if np.isnan(found["val_loss"]).any():
            raise RequestError(f"the runs of architecture {arch.index} on {self._table.proxy} have no curve to stop at")
        ended = self._train(row, columns.tolist(), epoch)
        means = {name: only(float(values.mean())) if len(ok) else None for name, values in found.items()}
        finished = Finished(arch, chosen, epoch, **means, started=self.clock, ended=ended)
        self._submitted += 1
        heapq.heappush(self._running, (finished.ended, self._submitted, finished))

    def _train(self, row: int, columns: Iterable[int], epoch: int) -> float:
        """When the runs of a block, each in turn from where it was stopped, have come to an epoch, where they then stand."""
        waited, seconds = 0.0, 0.0
        for column in columns:
            before, since = self._reached.get((row, column), (0, 0.0))
            waited = max(waited, since - self.clock - seconds)
            seconds += self._seconds(row, column, before, epoch)
            self._reached[row, column] = max(before, epoch), self.clock + waited + seconds
        return self.clock + waited + seconds

    def _seconds(self, row: int, column: int, before: int, epoch: int) -> float:
        """What a run takes from one epoch to another."""
        if not self._table.is_ok[row, column]:  # of a run whose process died the seconds are not known
            return 0.0 if before else float(np.nan_to_num(self._table.run_seconds[row, column]))
        return max(0.0, self._up_to(row, column, epoch) - self._up_to(row, column, before))

    def _up_to(self, row: int, column: int, epoch: int) -> float:
        if epoch == self._table.epochs:
            return float(self._table.run_seconds[row, column])
        return float(self._table.answers("seconds")[row, column, epoch - 1]) if epoch else 0.0

    def wait(self) -> Finished:
        """The block that ends next; the clock moves to its end. Raises `RequestError` if nothing is running."""
        if not self._running:
            raise RequestError("nothing is running; submit() something first")
        ended, _, finished = heapq.heappop(self._running)
        self.clock = max(self.clock, ended)
        return finished

    def advance(self, seconds: float) -> None:
        """Let time pass without a worker being used, for a search that trains something itself."""
        try:
            goes_on = 0 <= seconds < float("inf")
        except TypeError:  # no number
            goes_on = False
        if not goes_on:
            raise RequestError(f"time does not go back: advance by a number from 0 s, got {seconds!r}")
        self.clock += seconds

    def run(
        self,
        strategy: Strategy,
        evaluations: int,
        *,
        metric: str | None = None,
        batch: int = 1,
        seeds: int | Sequence[int] | None = None,
    ) -> list[Finished]:
        """Let `strategy` search until `evaluations` blocks have ended or it has no more; as many at once as there are workers.

        With a `batch` above one the strategy is asked for that many at a time, as soon as a worker has nothing to do. One that
        has no `spent` spends nothing. `metric` is as in `Benchmark.oracle`.
        """
        metric = self._table.metric(metric)
        for name, number, least in (("evaluations", evaluations, 0), ("batch", batch, 1)):
            if whole(number, name) < least:
                raise RequestError(f"{name} is {least} or more, got {number}")
        done: list[Finished] = []
        waiting: list[Architecture] = []
        asked = 0
        while True:
            while self.free and (waiting or asked < evaluations):
                if not waiting:
                    before = getattr(strategy, "spent", 0.0)
                    waiting = [Architecture.of(arch) for arch in strategy.ask(min(batch, evaluations - asked))]
                    self.advance(getattr(strategy, "spent", 0.0) - before)
                    asked = asked + len(waiting) if waiting else evaluations
                    continue
                self.submit(waiting.pop(0), seeds)
            if not self._running:
                return done
            done.append(self.wait())
            strategy.tell(done[-1].arch.index, objective_of(metric, getattr(done[-1], metric)))
