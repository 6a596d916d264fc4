"""A comparison in numbers: regrets, ranks, tests and the project's own bars, as plain values for a file."""

from __future__ import annotations

from typing import Any

import numpy as np

from sase_bench.bo.bars import SHARES, bars
from sase_bench.bo.certainty import Certainty
from sase_bench.bo.comparison import AT, Comparison, Runs
from sase_bench.predictors import PREDICTORS
from sase_bench.statistics.means import mean_and_error
from sase_bench.statistics.ranking import average_ranks, beats_each

__all__ = ["summarise"]

_JUDGED_AT = (48, 96)  # evaluations at which strategies are ranked and tested
_GRID = 50  # points of the curve against time


def summarise(comparison: Comparison, certainty: Certainty | None) -> dict[str, Any]:
    """Everything as plain values; a regret that is not defined is None."""
    plan, truth = comparison.plan, comparison.truth
    at = sorted({count for count in AT if count < plan.evaluations} | {plan.evaluations})
    everything = [*comparison.runs.values(), *comparison.few.values()]
    budget = plan.evaluations * comparison.seconds / plan.workers
    times = np.linspace(budget / _GRID, budget, _GRID)
    judged = [count for count in _JUDGED_AT if count <= plan.evaluations] or [plan.evaluations]
    ranks = {str(count): _ranks(comparison, count) for count in judged}
    return {
        "proxy": comparison.proxy,
        "space": truth.pool.space.name,
        "metric": plan.metric,
        "pool": len(truth.pool),
        "pool_is_whole_space": len(truth.pool) == len(truth.pool.space),
        "shown": "mean over seeds" if plan.sees == "mean" else "one seed",
        "oracle": {"arch": truth.oracle, "objective": float(truth.objective(np.asarray([truth.oracle]))[0])},
        "repeats": plan.repeats,
        "workers": plan.workers,
        "batch": plan.batch,
        "refit_every": plan.refit_every,
        "seconds_of_an_evaluation": comparison.seconds,
        "certainty": None if certainty is None else certainty._asdict(),
        "tops": {name: len(truth.top(share.top)) for name, share in SHARES.items()},
        "strategies": {runs.name: _strategy(runs, comparison, at, times) for runs in everything},
        "times": times.tolist(),
        "ranks": ranks,
        "bars": {name: bar._asdict() for name, bar in bars(comparison, ranks).items()},
    }


def _strategy(runs: Runs, comparison: Comparison, at: list[int], times: np.ndarray) -> dict[str, Any]:
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


def _pair(values: tuple[float, float]) -> list[float | None]:
    return [value if np.isfinite(value) else None for value in values]


def _at(comparison: Comparison, count: int) -> np.ndarray:
    """Regrets (r, k) after `count` evaluations; a search without a score yet is as bad as the pool's worst block."""
    columns = np.column_stack([runs.regrets[:, count - 1] for runs in comparison.runs.values()])
    worst = np.nanmax(comparison.truth.regret(comparison.truth.pool.members))
    return np.where(np.isfinite(columns), columns, worst)


def _ranks(comparison: Comparison, count: int) -> dict[str, Any]:
    """Average ranks; each predictor-guided strategy against each rival; and the rivals against the best guided one.

    The best one is chosen by its mean regret on these same repeats. Its wins are therefore corrected for all guided strategies
    and all rivals. For its losses that choice is on its side, so they are corrected for the rivals alone.
    """
    regrets, names = _at(comparison, count), list(comparison.runs)
    ranks = average_ranks(regrets)
    guided = [name for name in names if name.partition(":")[0] in PREDICTORS]
    rivals = [name for name in names if name not in guided]
    ours, theirs = (regrets[:, [names.index(name) for name in group]] for group in (guided, rivals))
    best = int(ours.mean(0).argmin()) if guided else None
    losses = [] if best is None else beats_each(theirs, ours[:, [best]])[:, 0].tolist()
    return {
        "ranks": dict(zip(names, ranks.ranks.tolist(), strict=True)),
        "friedman_p": ranks.p_value if np.isfinite(ranks.p_value) else None,
        "critical_difference": ranks.critical_difference if np.isfinite(ranks.critical_difference) else None,
        "best_guided": None if best is None else guided[best],
        "p_beats": {
            name: dict(zip(rivals, row, strict=True))
            for name, row in zip(guided, beats_each(ours, theirs).tolist(), strict=True)
        },
        "p_best_is_beaten_by": dict(zip(rivals, losses, strict=False)),
    }
