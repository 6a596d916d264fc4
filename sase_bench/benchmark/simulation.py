"""A simulated cluster: n workers, a clock, and runs that take as long as the table says they took."""

from __future__ import annotations

import heapq
from typing import NamedTuple, Protocol

from sase_bench.benchmark.arrays import Measured, only
from sase_bench.errors import RequestError
from sase_bench.space import Architecture

__all__ = ["Finished", "Simulation", "Strategy"]


class Finished(NamedTuple):
    """A simulated run that has ended."""

    arch: Architecture
    seed: int
    val_loss: float | None  # None if the run diverged or failed
    val_top1: float | None
    started: float  # s on the simulated clock
    ended: float


class Strategy(Protocol):
    """A search: says what to try next, and is told what came of it."""

    def ask(self) -> Architecture: ...

    def tell(self, finished: Finished) -> None: ...


class Simulation:
    """Submit runs to free workers, and wait for the one that ends next; results come in the order of the simulated clock."""

    def __init__(self, table: Measured, workers: int = 1) -> None:
        if workers < 1:
            raise RequestError(f"a simulation has at least one worker, got {workers}")
        self._table = table
        self._running: list[tuple[float, int, Finished]] = []
        self._submitted = 0
        self.workers = workers
        self.clock = 0.0  # s

    @property
    def free(self) -> int:
        """Workers with nothing to do."""
        return self.workers - len(self._running)

    def submit(self, arch: Architecture, seed: int | None = None) -> None:
        """Start a run on a free worker, with `seed` or the first one that was measured.

        Raises `RequestError` if no worker is free or the run is not in the table.
        """
        if not self.free:
            raise RequestError(f"all {self.workers} workers are busy; wait() for one")
        row = int(self._table.row[arch.index])
        made = self._table.status[row] >= 0 if row >= 0 else ()
        seeds = [int(number) for number, is_made in zip(self._table.seeds, made, strict=False) if is_made]
        if not seeds or (seed is not None and seed not in seeds):
            raise RequestError(f"run ({arch.index}, seed {'any' if seed is None else seed}) is not in {self._table.proxy}")
        chosen = seeds[0] if seed is None else seed
        column = self._table.seeds.tolist().index(chosen)
        ok = self._table.status[row, column] == 0
        cost = only(self._table.cost[row, column])
        seconds = 0.0 if cost is None else cost  # a run whose process died has no known cost
        scores = [float(getattr(self._table, name)[row, column, -1]) if ok else None for name in ("val_loss", "val_top1")]
        finished = Finished(arch, chosen, scores[0], scores[1], self.clock, self.clock + seconds)
        self._submitted += 1
        heapq.heappush(self._running, (finished.ended, self._submitted, finished))

    def wait(self) -> Finished:
        """The run that ends next; the clock moves to its end. Raises `RequestError` if nothing is running."""
        if not self._running:
            raise RequestError("nothing is running; submit() something first")
        self.clock, _, finished = heapq.heappop(self._running)
        return finished

    def run(self, strategy: Strategy, evaluations: int) -> list[Finished]:
        """Let `strategy` search until `evaluations` runs have ended; as many at once as there are workers."""
        done: list[Finished] = []
        submitted = 0
        while len(done) < evaluations:
            while self.free and submitted < evaluations:
                self.submit(strategy.ask())
                submitted += 1
            done.append(self.wait())
            strategy.tell(done[-1])
        return done
