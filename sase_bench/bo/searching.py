"""One search from the command line: on the table with a simulated clock, or live."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from sase_bench import cli
from sase_bench.benchmark import Benchmark, Finished, Measured, Simulation, Strategy
from sase_bench.bo.acquisition import Acquisition
from sase_bench.bo.bayesian import BayesianSearch
from sase_bench.bo.ending import ending, pareto
from sase_bench.bo.live import Live, Outcome
from sase_bench.bo.objectives import Objective, hypervolume_improvement, known_costs, read_objective, stands_in
from sase_bench.bo.pools import chosen_table, one_pool
from sase_bench.bo.progress import Watched
from sase_bench.bo.registry import BAYESIAN, find, names
from sase_bench.database import Store
from sase_bench.errors import RequestError, needing, unknown
from sase_bench.files import write_json
from sase_bench.predictors import PREDICTORS
from sase_bench.recipes.recipe import Proxy
from sase_bench.recipes.registry import find as find_proxy
from sase_bench.samples import representative
from sase_bench.search import Pool
from sase_bench.search.differentiable import DifferentiableSearch, Found, write_found
from sase_bench.seeds import read_seeds
from sase_bench.space import Space
from sase_bench.sweep.duration import duration, read_duration
from sase_bench.sweep.executors import executor_of
from sase_bench.sweep.filling import job_of, say_recovered

__all__ = ["DIFFERENTIABLE", "LIVE_SEEDS", "live", "say", "simulated"]

#: The paper's own search by the order of its gradient.
DIFFERENTIABLE = {"differentiable": 1, "differentiable-2": 2}

#: Progress, for whoever watches.
say = partial(cli.say, "bo")

#: Seeds of each block, unless told otherwise.
LIVE_SEEDS = "3"


def simulated(options: argparse.Namespace) -> int:
    """Search on the table; results come as late as their runs took."""
    table = chosen_table(options)
    seeds = None if options.seeds is None else read_seeds(options.seeds)
    pool = one_pool(table, options.space, seeds)
    objective, proxy = read_objective(options.objective or table.metric()), find_proxy(options.proxy)
    strategy = _build(options, proxy, pool, objective)
    evaluations = min(options.evaluations, len(pool))
    simulation = Simulation(table, options.workers or 1)
    if chosen := len(set(pool) - representative(set(table.archs.tolist()), options.space)):
        what = f"were not drawn at random from the {options.space} space but chosen; --compare leaves them out"
        say(f"{chosen} of the {len(pool)} blocks {what}")
    _say_if_unguided(strategy, evaluations)
    watched = Watched(strategy, objective.metric, evaluations, say)
    done = simulation.run(watched, evaluations, metric=objective.metric, batch=options.batch, seeds=seeds)
    print(f"{len(done)} of {len(pool)} blocks, {duration(simulation.clock)} on a simulated cluster of {simulation.workers}")
    if options.output is not None and not isinstance(strategy, DifferentiableSearch):
        blocks = [block._asdict() | {"arch": block.arch.index, "text": str(block.arch)} for block in done]
        write_json(options.output, {"proxy": table.proxy, "space": options.space, "metric": objective.metric, "blocks": blocks})
    _report(options, [_outcome(table, block, objective.metric) for block in done], strategy, objective, table)
    return 0


def live(options: argparse.Namespace) -> int:
    """Train what the strategy suggests; the same command goes on after any stop."""
    proxy = find_proxy(options.proxy)
    objective = read_objective(options.objective or proxy.metric)
    seeds = read_seeds(options.seeds or LIVE_SEEDS)
    budget = None if options.budget is None else read_duration(options.budget)
    job = job_of(proxy, options)
    pool = Pool.of(Space(options.space))
    evaluations = min(options.evaluations, len(pool))
    with Store(options.db, [proxy]) as store:
        say_recovered(store, say)
        strategy = _build(options, proxy, pool, objective)
        _say_if_unguided(strategy, evaluations)
        watched = Watched(strategy, objective.metric, evaluations, say)
        search = Live(watched, pool, metric=objective.metric, seeds=seeds, evaluations=evaluations, batch=options.batch)
        executor = executor_of(options, job)
        try:
            ended = search.run(store, executor, job, budget=budget)
        except KeyboardInterrupt:
            say(f"stopped; {len(search.outcomes)} blocks are known in {options.db}; the same command goes on")
            raise
    trained = sum(outcome.trained for outcome in search.outcomes)
    print(f"{options.db}: {len(search.outcomes)} blocks known, {trained} of them trained by this search")
    if not ended:
        print("the budget is used up; the same command goes on")
    bench = Benchmark.load(options.db)
    table = bench.measured(proxy.name) if proxy.name in bench.proxies else None
    _report(options, search.outcomes, strategy, objective, table)
    return 0


def _say_if_unguided(strategy: Strategy, evaluations: int) -> None:
    """Tell whoever asks for so few blocks that no model chooses one of them."""
    if isinstance(strategy, BayesianSearch) and evaluations <= strategy.initial:
        first = f"the first {strategy.initial} blocks cover the operations of all slots"
        say(f"{first}, and a model chooses after them: none of {evaluations}")


def _build(options: argparse.Namespace, proxy: Proxy, pool: Pool, objective: Objective) -> Strategy:
    name: str = options.strategy or BAYESIAN
    if name in DIFFERENTIABLE:
        return DifferentiableSearch(pool, options.seed, search=_descent(options, proxy, DIFFERENTIABLE[name]))
    if options.output is not None and options.live:
        raise RequestError(f"live, --output is for {' and '.join(DIFFERENTIABLE)}; the runs of a search are in the table")
    rule: str | Acquisition = options.acquisition
    if objective.against:
        if name not in (BAYESIAN, *PREDICTORS):
            raise RequestError(f"only a Bayesian search weighs several objectives, got the strategy {name!r}")
        rule = hypervolume_improvement(known_costs(objective.against, proxy, options.db))
        if other := stands_in(objective.against, proxy, options.db):
            say(f"latency is that of {other}: {proxy.trunk.name}, the network of {proxy.name}, was not timed")
    known = [BAYESIAN, *names(), *DIFFERENTIABLE]
    if ":" not in name and name not in known:
        raise unknown("strategy", name, known)
    model = options.surrogate if name == BAYESIAN else name
    return find(model, acquisition=rule, refit_every=options.refit_every, trunk=proxy.trunk)(pool, options.seed)


def _descent(options: argparse.Namespace, proxy: Proxy, order: int) -> Callable[[int], Found]:
    def search(seed: int) -> Found:
        with needing("training", "train"):
            from sase_bench.search.differentiable.descent import Descent, descend

        def on_epoch(number: int, loss: float) -> None:
            say(f"supernet, epoch {number}/{proxy.epochs}: loss {loss:.4f}")

        found = descend(proxy, seed, Descent(order=order), device=options.device, folder=options.data, on_epoch=on_epoch)
        say(f"the supernet took {found.seconds:.0f} s; arg-max: {'/'.join(found.operations.values())}")
        if options.output is not None:
            write_found(found, options.output)
        return found

    return search


def _outcome(table: Measured, block: Finished, metric: str) -> Outcome:
    row = table.row[block.arch.index]
    ok = int(table.is_ok[row, np.isin(table.seeds, block.seeds)].sum())
    return Outcome(block.arch.index, getattr(block, metric), ok, False)


def _report(
    options: argparse.Namespace, outcomes: list[Outcome], strategy: Strategy, objective: Objective, table: Measured | None
) -> None:
    db: Path = options.db
    if objective.against:
        known = known_costs(objective.against, find_proxy(options.proxy), db)
        print(pareto(outcomes, objective, known))
    print(ending(outcomes, strategy, objective.metric, table, db, options.proxy))
