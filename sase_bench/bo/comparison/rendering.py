"""A summary of a comparison for readers: on a terminal, and as the table and the sentences of a report."""

from __future__ import annotations

import numpy as np

from sase_bench.answers.tables import tabulated
from sase_bench.bo.comparison.summary import Estimate, Summary
from sase_bench.record import COLUMNS

__all__ = ["about", "figure", "order", "regrets", "render", "told"]


def render(summary: Summary) -> str:
    """The summary for a terminal."""
    strategies, at = summary["strategies"], _at(summary)
    times = [[name, *(figure(v["regret_at_time"][count]) for count in at)] for name, v in strategies.items()]
    spans = [f"{int(count) * summary['seconds_of_an_evaluation'] / summary['workers']:,.0f} s" for count in at]
    tables = [
        tabulated(*regrets(summary)),
        f"regret against time on a simulated cluster of {summary['workers']}\n",
        tabulated(["strategy", *spans], times),
    ]
    return "\n".join([*about(summary), "", *tables, *told(summary)])


def about(summary: Summary) -> list[str]:
    """What was compared, on what, and what a regret is."""
    whole = "all of it" if summary["pool_is_whole_space"] else "only what was measured of it"
    shown = f"{'the ' if summary['shown'].startswith('mean') else ''}{summary['shown']}"
    return [
        f"{summary['proxy']}, {summary['space']} space, {summary['pool']} blocks ({whole}); {summary['repeats']} repeats with "
        f"paired seeds; a search sees {shown} of a block and is judged by {summary['judged_by']}",
        f"regret in {summary['metric']} ({COLUMNS[summary['metric']].unit}), mean ± standard error; oracle: block "
        f"{summary['oracle']['arch']}",
    ]


def regrets(summary: Summary) -> tuple[list[str], list[list[str]]]:
    """Headers, and a line for each strategy, the best at the end first: regrets, how often it found the best, ranks."""
    strategies, at = summary["strategies"], _at(summary)
    headers = [
        "strategy",
        "repeats",
        *(f"after {count}" for count in at),
        *(f"{name} ({count} block{'s' * (count != 1)})" for name, count in summary["tops"].items()),
        *(f"rank at {c}" for c in summary["ranks"]),
    ]
    rows = []
    for name, values in sorted(strategies.items(), key=lambda item: order(item[1]["regret"][at[-1]] if at else [None])):
        ranks = [f"{part['ranks'][name]:.2f}" if name in part["ranks"] else "" for part in summary["ranks"].values()]
        finds = ["not run" if share is None else f"{share:.0%}" for share in values["finds"].values()]
        rows.append([name, str(values["repeats"]), *(figure(values["regret"][count]) for count in at), *finds, *ranks])
    return headers, rows


def told(summary: Summary) -> list[str]:
    """What the tests say, how sure the oracle is, and which of the project's bars are met."""
    return [*_tests(summary), *_certainty(summary), *_verdicts(summary)]


def _at(summary: Summary) -> list[str]:
    """Numbers of evaluations at which regrets are given."""
    return list(next(iter(summary["strategies"].values()))["regret"])


def order(estimate: Estimate) -> float:
    """Of a regret with its error among others: one that is not defined comes last."""
    return np.inf if estimate[0] is None else estimate[0]


def figure(estimate: Estimate) -> str:
    """A regret with its standard error, in words where it is not defined."""
    mean, error = estimate
    if mean is None:
        return "none yet"
    return f"{mean:.4f}" + ("" if error is None else f" ± {error:.4f}")


def _tests(summary: Summary) -> list[str]:
    lines = []
    for count, part in summary["ranks"].items():
        if part["critical_difference"] is not None:
            friedman = "" if part["friedman_p"] is None else f", Friedman p = {part['friedman_p']:.2g}"
            lines.append(
                f"at {count}: ranks differ at 5 % if by more than {part['critical_difference']:.2f} (Nemenyi, of all searches "
                f"together, weaker than paired tests){friedman}"
            )
        best = part["best_guided"]
        wins = ", ".join(f"{name} {p:.2g}" for name, p in part["p_beats"][best].items()) if best else ""
        if wins:
            lines.append(f"at {count}: that {best} is ahead, one-sided Wilcoxon p after Holm over all pairs: {wins}")
    return lines


def _certainty(summary: Summary) -> list[str]:
    found = summary["certainty"]
    if found is None:
        return ["too few blocks share two seeds for the noise of a seed, and with it the oracle's true place, to be known"]
    low, high = found["oracle_place"]
    place = f"place {low}" if low == high else f"one of the places {low} to {high}"
    return [
        f"seed noise: {found['seed_sd']:.4f} of one run, {found['degrees']} degrees of freedom; with 95 % probability the "
        f"table's best block truly has {place} of {found['blocks']}",
        f"of the blocks that are ranked, {found['top_1_percent']:.0%} of the best 1 % are truly there, and "
        f"{found['top_01_percent']:.0%} of the best 0.1 %",
    ]


def _verdicts(summary: Summary) -> list[str]:
    words = {True: "met", False: "NOT met"}
    verdicts = {
        name: f"not judged, {bar['why']}" if bar["met"] is None else words[bar["met"]] for name, bar in summary["bars"].items()
    }
    return [f"bar: {name}: {verdict}" for name, verdict in verdicts.items()]
