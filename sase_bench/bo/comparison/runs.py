"""All strategies on one table, many times, with paired seeds.

A repeat is a strategy's seed; what a strategy tries first is its own affair. With `sees="seed"` every block shows one of its
runs, the same one to all strategies of a repeat, as a search sees it that trains each block once, and is judged by the others;
with `sees="mean"` it shows the mean of its runs, which is the truth itself. The pool is what was measured of the space, and is
said to be no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sase_bench.benchmark import Measured, Simulation, Strategy
from sase_bench.bo.comparison.regret import Trajectory, Truth, one_seed, trajectory
from sase_bench.bo.progress import Predicting, believed_best
from sase_bench.bo.registry import find
from sase_bench.errors import RequestError
from sase_bench.recipes.registry import PROXIES
from sase_bench.search import Pool
from sase_bench.search.differentiable import DifferentiableSearch, Found

__all__ = ["AT", "Comparison", "Plan", "Runs", "compare"]

#: Evaluations at which regret is told.
AT = (16, 48, 96, 150)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is compared, and how; the command's defaults are these."""

    strategies: tuple[str, ...]
    metric: str  # one of `OBJECTIVES`
    evaluations: int = AT[-1]  # blocks
    repeats: int = 100  # searches of each strategy
    workers: int = 1  # of the simulated cluster
    batch: int = 1  # blocks asked for at a time
    sees: Literal["mean", "seed"] = "mean"
    refit_every: int = 1  # results between two fits of a surrogate
    first_seed: int = 0

    def __post_init__(self) -> None:
        if min(self.evaluations, self.repeats, self.workers, self.batch, self.refit_every) < 1:
            raise RequestError("evaluations, repeats, workers, batches and refits are counted from 1")


@dataclass(frozen=True)
class Runs:
    """All repeats of one strategy; a row that ends early keeps its last incumbent."""

    name: str
    archs: NDArray[np.int64]  # (r, t), -1 behind the end
    regrets: NDArray[np.float64]  # (r, t) after each evaluation; nan before there is a score
    seconds: NDArray[np.float64]  # (r, t) on the simulated clock; infinite behind the end

    @classmethod
    def of(cls, name: str, paths: Sequence[Trajectory], truths: Iterable[Truth], evaluations: int) -> Runs:
        """From a trajectory, and a truth to judge it by, of each repeat."""
        shape = (len(paths), evaluations)
        archs, regrets, seconds = np.full(shape, -1), np.full(shape, np.nan), np.full(shape, np.inf)
        for row, (path, truth) in enumerate(zip(paths, truths, strict=True)):
            count = len(path.archs)
            archs[row, :count], seconds[row, :count] = path.archs, path.seconds
            found, named = truth.regret(path.incumbents), path.incumbents >= 0
            regrets[row, :count] = np.where(named & np.isnan(found), truth.worst, found)
            if count:
                regrets[row, count:] = regrets[row, count - 1]
        return cls(name, archs, regrets, seconds)

    def regret_at(self, seconds: float) -> NDArray[np.float64]:
        """Regret of every repeat at a time of the simulated clock; nan before its first score."""
        count = (self.seconds <= seconds).sum(1)
        padded = np.concatenate([np.full((len(count), 1), np.nan), self.regrets], axis=1)
        return np.asarray(padded[np.arange(len(count)), count], dtype=np.float64)

    def finds(self, blocks: NDArray[np.int64], within: int) -> float:
        """The share of repeats that tried one of `blocks` within so many evaluations."""
        return float(np.isin(self.archs[:, :within], blocks).any(1).mean())


@dataclass(frozen=True)
class Comparison:
    """Every strategy's repeats on one pool."""

    plan: Plan
    proxy: str
    truth: Truth
    seconds: float  # mean time of an evaluation in the pool
    runs: dict[str, Runs]  # strategies that ran all repeats
    few: dict[str, Runs]  # those that really trained, as often as they did


def compare(
    table: Measured,
    pool: Pool,
    plan: Plan,
    *,
    found: Sequence[Found] = (),
    processes: int = 1,
    progress: Callable[[str, int], None] = lambda name, done: None,
) -> Comparison:
    """Run the plan in `processes` at once; `found` are differentiable searches that were really run, a repeat each.

    `progress` is called with a strategy and the number of its repeats that are done.
    """
    for name in plan.strategies:
        find(name)(pool, 0)  # whatever is not installed says so now, and in this process
    truth = Truth.of(table, pool, plan.metric)
    truths = [truth] * plan.repeats
    if plan.sees == "seed":
        truths = [truth.without(_shown(table, plan, plan.first_seed + repeat)) for repeat in range(plan.repeats)]
    runs: dict[str, Runs] = {}
    with ProcessPoolExecutor(processes, get_context("spawn"), _receive, (table, pool, plan)) as workers:
        for name in plan.strategies:
            futures = {workers.submit(_repeat, name, repeat): repeat for repeat in range(plan.repeats)}
            paths: dict[int, Trajectory] = {}
            for future in as_completed(futures):
                paths[futures[future]] = future.result()
                progress(name, len(paths))
            runs[name] = Runs.of(name, [paths[repeat] for repeat in range(plan.repeats)], truths, plan.evaluations)
    few: dict[str, Runs] = {}
    for order in sorted({item.order for item in found}):
        name = f"differentiable-{order}"
        trained = [item for item in found if item.order == order]
        paths_of_order = [
            _simulate(table, pool, plan, partial(DifferentiableSearch, search=_already(item)), repeat)
            for repeat, item in enumerate(trained)
        ]
        few[name] = Runs.of(name, paths_of_order, [truth] * len(trained), plan.evaluations)  # it saw no run of the table
    shown = _shown(table, plan, plan.first_seed)
    seconds = np.nansum(np.where(shown.status >= 0, shown.run_seconds, 0.0)[table.row[pool.members]], axis=1)
    return Comparison(plan, table.proxy, truth, float(seconds.mean()), runs, few)


#: In a process of a comparison what it works on: a table has megabytes, and is not sent along with every repeat.
_GIVEN: list[tuple[Measured, Pool, Plan]] = []


def _receive(table: Measured, pool: Pool, plan: Plan) -> None:
    _GIVEN[:] = [(table, pool, plan)]


def _repeat(name: str, repeat: int) -> Trajectory:
    ((table, pool, plan),) = _GIVEN
    trunk = PROXIES[table.proxy].trunk if table.proxy in PROXIES else None
    return _simulate(table, pool, plan, find(name, refit_every=plan.refit_every, trunk=trunk), repeat)


def _simulate(table: Measured, pool: Pool, plan: Plan, make: Callable[[Pool, int], Strategy], repeat: int) -> Trajectory:
    seed = plan.first_seed + repeat
    simulation, strategy = Simulation(_shown(table, plan, seed), plan.workers), make(pool, seed)
    followed = _Followed(strategy) if plan.sees == "seed" else None
    done = simulation.run(followed or strategy, min(plan.evaluations, len(pool)), metric=plan.metric, batch=plan.batch)
    return trajectory(done, plan.metric, followed.believed() if followed else None)


class _Followed:
    """A strategy, and which block it believed best whenever it was asked."""

    def __init__(self, strategy: Strategy) -> None:
        self._strategy = strategy
        self._told = 0
        self._believed: dict[int, int] = {}  # by the number of results

    @property
    def spent(self) -> float:
        return self._strategy.spent

    def ask(self, count: int = 1) -> list[int]:
        asked = self._strategy.ask(count)
        self._note()
        return asked

    def tell(self, arch: int, objective: float | None) -> None:
        self._strategy.tell(arch, objective)
        self._told += 1

    def believed(self) -> dict[int, int]:
        """By the number of results, the last one with all of them taken in."""
        if isinstance(self._strategy, Predicting):
            self._strategy.learn()
        self._note()
        return self._believed

    def _note(self) -> None:
        best = believed_best(self._strategy)
        if best is not None:
            self._believed[self._told] = best


def _already(found: Found) -> Callable[[int], Found]:
    return lambda seed: found


def _shown(table: Measured, plan: Plan, seed: int) -> Measured:
    return one_seed(table, seed) if plan.sees == "seed" else table
