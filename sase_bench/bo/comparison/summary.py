"""A comparison in numbers: regrets, ranks, tests and the project's own bars, as plain values for a file.

What `--compare --output` writes is a `Summary`, and what a report reads is one again.
"""

from __future__ import annotations

from typing import TypedDict

import numpy as np

from sase_bench.bo.comparison.bars import SHARES, Bar, bars
from sase_bench.bo.comparison.certainty import Certainty
from sase_bench.bo.comparison.runs import AT, Comparison, Runs
from sase_bench.bo.comparison.standings import Standings, standings
from sase_bench.statistics.means import mean_and_error

__all__ = ["JUDGED_BY", "SHOWN", "Estimate", "Oracle", "Performance", "Summary", "summarise"]

#: What a search is shown of a block, in words, by `Plan.sees`.
SHOWN = {"mean": "mean over seeds", "seed": "one seed"}

#: What regret is measured by, in words, by `Plan.sees`; the differentiable search, which sees no table, by all of them always.
JUDGED_BY = {"mean": "all seeds", "seed": "the other seeds"}

_JUDGED_AT = (48, 96)  # evaluations at which strategies are ranked and tested
_GRID = 50  # points of the curve against time

#: A mean and its standard error over repeats; None for what is not defined.
Estimate = list[float | None]


class Oracle(TypedDict):
    """The block that regret is measured from."""

    arch: int
    objective: float  # smaller is better: accuracy has the other sign


class Performance(TypedDict):
    """What one strategy attained. Regrets are in the unit of the metric; numbers of evaluations are keys as text."""

    repeats: int
    regret: dict[str, Estimate]  # after so many evaluations
    regret_at_time: dict[str, Estimate]  # after the time that so many take on the simulated cluster
    finds: dict[str, float | None]  # by name of `tops`: the share of repeats that found one of them; None if not run so long
    curve: list[Estimate]  # regret after every evaluation
    curve_by_time: list[Estimate]  # regret at each of `times`
    seconds: Estimate  # of a search on the simulated clock


class Summary(TypedDict):
    """All strategies on one pool."""

    proxy: str
    space: str
    metric: str
    pool: int  # blocks
    pool_is_whole_space: bool
    shown: str  # of a block to a search
    judged_by: str  # what of a block regret is measured by
    oracle: Oracle
    repeats: int  # of each strategy
    workers: int  # of the simulated cluster
    batch: int  # blocks asked for at a time
    refit_every: int  # results between two fits of a surrogate
    seconds_of_an_evaluation: float  # mean over the pool
    certainty: Certainty | None  # None where the noise of a seed is not known
    tops: dict[str, int]  # blocks that count as found, by the name of the bar
    strategies: dict[str, Performance]
    times: list[float]  # seconds on the simulated clock
    ranks: dict[str, Standings]  # after so many evaluations
    bars: dict[str, Bar]


def summarise(comparison: Comparison, certainty: Certainty | None) -> Summary:
    """Everything as plain values; a regret that is not defined is None."""
    plan, truth = comparison.plan, comparison.truth
    at = sorted({count for count in AT if count < plan.evaluations} | {plan.evaluations})
    everything = [*comparison.runs.values(), *comparison.few.values()]
    budget = plan.evaluations * comparison.seconds / plan.workers
    times = np.linspace(budget / _GRID, budget, _GRID)
    judged = [count for count in _JUDGED_AT if count <= plan.evaluations] or [plan.evaluations]
    ranks = {str(count): standings(comparison, count) for count in judged}
    return {
        "proxy": comparison.proxy,
        "space": truth.pool.space.name,
        "metric": plan.metric,
        "pool": len(truth.pool),
        "pool_is_whole_space": len(truth.pool) == len(truth.pool.space),
        "shown": SHOWN[plan.sees],
        "judged_by": JUDGED_BY[plan.sees],
        "oracle": {"arch": truth.oracle, "objective": float(truth.objective(np.asarray([truth.oracle]))[0])},
        "repeats": plan.repeats,
        "workers": plan.workers,
        "batch": plan.batch,
        "refit_every": plan.refit_every,
        "seconds_of_an_evaluation": comparison.seconds,
        "certainty": certainty,
        "tops": {name: len(truth.top(share.top)) for name, share in SHARES.items()},
        "strategies": {runs.name: _performance(runs, comparison, at, times) for runs in everything},
        "times": times.tolist(),
        "ranks": ranks,
        "bars": bars(comparison, ranks),
    }


def _performance(runs: Runs, comparison: Comparison, at: list[int], times: np.ndarray) -> Performance:
    truth, evaluations = comparison.truth, comparison.plan.evaluations
    curve = [mean_and_error(column) for column in runs.regrets.T]
    by_time = [mean_and_error(runs.regret_at(float(moment))) for moment in times]
    spans = {str(count): count * comparison.seconds / comparison.plan.workers for count in at}
    return {
        "repeats": len(runs.regrets),
        "regret": {str(count): _pair(curve[count - 1]) for count in at},
        "regret_at_time": {count: _pair(mean_and_error(runs.regret_at(span))) for count, span in spans.items()},
        "finds": {
            name: runs.finds(truth.top(share.top), share.within) if evaluations >= share.within else None
            for name, share in SHARES.items()
        },
        "curve": [_pair(point) for point in curve],
        "curve_by_time": [_pair(point) for point in by_time],
        "seconds": _pair(mean_and_error(np.where(np.isfinite(runs.seconds), runs.seconds, -np.inf).max(1))),
    }


def _pair(values: tuple[float, float]) -> Estimate:
    return [value if np.isfinite(value) else None for value in values]
