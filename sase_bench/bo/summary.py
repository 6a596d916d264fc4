"""A comparison in numbers: regrets, ranks, tests and the project's own bars; as JSON for the report and as text for people."""

from __future__ import annotations

from typing import Any

import numpy as np

from sase_bench.answers.tables import tabulated
from sase_bench.bo.bars import SHARES, bars
from sase_bench.bo.certainty import Certainty
from sase_bench.bo.comparison import AT, Comparison, Runs
from sase_bench.predictors import PREDICTORS
from sase_bench.record import COLUMNS
from sase_bench.statistics.means import mean_and_error
from sase_bench.statistics.ranking import average_ranks, beats_each

__all__ = ["render", "summarise"]

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


def render(summary: dict[str, Any]) -> str:
    """The summary for a terminal."""
    unit = COLUMNS[summary["metric"]].unit
    whole = "all of it" if summary["pool_is_whole_space"] else "only what was measured of it"
    head = [
        f"{summary['proxy']}, {summary['space']} space, {summary['pool']} blocks ({whole}); {summary['repeats']} repeats with "
        f"paired seeds; a search sees {'the ' if summary['shown'].startswith('mean') else ''}{summary['shown']} of a block",
        f"regret in {summary['metric']} ({unit}), mean ± standard error; oracle: block {summary['oracle']['arch']}",
    ]
    strategies: dict[str, Any] = summary["strategies"]
    at = list(next(iter(strategies.values()))["regret"])
    headers = [
        "strategy",
        "repeats",
        *(f"after {count}" for count in at),
        *(f"{name} ({count} block{'s' * (count != 1)})" for name, count in summary["tops"].items()),
        *(f"rank at {c}" for c in summary["ranks"]),
    ]
    rows = []
    for name, values in sorted(strategies.items(), key=lambda item: _order(item[1]["regret"][at[-1]] if at else [None])):
        ranks = [f"{part['ranks'][name]:.2f}" if name in part["ranks"] else "" for part in summary["ranks"].values()]
        finds = ["not run" if share is None else f"{share:.0%}" for share in values["finds"].values()]
        rows.append([name, str(values["repeats"]), *(_figure(values["regret"][count]) for count in at), *finds, *ranks])
    times = [[name, *(_figure(v["regret_at_time"][count]) for count in at)] for name, v in strategies.items()]
    spans = [f"{int(count) * summary['seconds_of_an_evaluation'] / summary['workers']:,.0f} s" for count in at]
    tables = [
        tabulated(headers, rows),
        f"regret against time on a simulated cluster of {summary['workers']}\n",
        tabulated(["strategy", *spans], times),
    ]
    told = [*_tests(summary), *_certainty(summary), *_verdicts(summary)]
    return "\n".join([*head, "", *tables, *told])


def _order(pair: list[float | None]) -> float:
    return np.inf if pair[0] is None else pair[0]


def _figure(pair: list[float | None]) -> str:
    mean, error = pair
    if mean is None:
        return "none yet"
    return f"{mean:.4f}" + ("" if error is None else f" ± {error:.4f}")


def _tests(summary: dict[str, Any]) -> list[str]:
    lines = []
    for count, part in summary["ranks"].items():
        if part["critical_difference"] is not None:
            friedman = "" if part["friedman_p"] is None else f", Friedman p = {part['friedman_p']:.2g}"
            lines.append(
                f"at {count}: ranks differ at 5 % if by more than {part['critical_difference']:.2f} (Nemenyi){friedman}"
            )
        wins = ", ".join(f"{name} {p:.2g}" for name, p in part["p_beats"].get(part["best_guided"], {}).items())
        if wins:
            lines.append(f"at {count}: {part['best_guided']} beats, Wilcoxon p after Holm over all pairs: {wins}")
    return lines


def _certainty(summary: dict[str, Any]) -> list[str]:
    found = summary["certainty"]
    if found is None:
        return ["too few blocks share two seeds for the noise of a seed, and with it the oracle's true place, to be known"]
    low, high = found["oracle_place"]
    place = f"place {low}" if low == high else f"one of the places {low} to {high}"
    return [
        f"seed noise: {found['seed_sd']:.4f} of one run, {found['degrees']} degrees of freedom; with 95 % probability the "
        f"table's best block truly has {place} of {found['blocks']}",
        f"of the blocks with most seeds, {found['top_1_percent']:.0%} of the best 1 % are truly there, and "
        f"{found['top_01_percent']:.0%} of the best 0.1 %",
    ]


def _verdicts(summary: dict[str, Any]) -> list[str]:
    words = {True: "met", False: "NOT met"}
    return [f"bar: {name}: " + words.get(bar["met"], f"not judged, {bar['why']}") for name, bar in summary["bars"].items()]
