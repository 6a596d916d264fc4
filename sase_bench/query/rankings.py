"""Queries over all measured architectures of a proxy: the best, the Pareto front, a block's place, the effect of a slot."""

from __future__ import annotations

from collections import defaultdict
from math import sqrt
from typing import Any

from sase_bench.errors import RequestError
from sase_bench.query.answer import Answer, fields
from sase_bench.query.intervals import CONFIDENCE, half_width, normal_quantile, pooled, spread
from sase_bench.query.language import Effect, Pareto, Rank, Top
from sase_bench.query.measured import measure_on, unmeasured
from sase_bench.query.metrics import METRICS, Metric
from sase_bench.query.source import Source
from sase_bench.space import OPERATIONS, Architecture

__all__ = ["effect", "pareto", "rank", "top"]

_NONE = "no measured architecture fits the condition"


def top(query: Top, source: Source) -> Answer:
    """The best (or worst) architectures; equals in order of their index."""
    measured = measure_on(source, query.selection.on)
    order = query.metric.order if query.is_best_first else {"ASC": "DESC", "DESC": "ASC"}[query.metric.order]
    columns = _columns(source, query.metric)
    rows = measured.rows(
        ["arch", *_selected(columns)],
        query.selection,
        query.metric,
        tail=f"ORDER BY {query.metric.column(test=source.test)} {order}, arch LIMIT {query.count}",
    )
    notes = measured.notes_on(query.metric, where=query.selection.where)
    notes += measured.notes_on_seeds(query.selection, query.metric) if rows else ()
    return Answer(
        fields=fields("place", "arch", "text", *columns),
        rows=tuple((place, arch, str(Architecture(arch)), *values) for place, (arch, *values) in enumerate(rows, 1)),
        notes=notes if rows else (*notes, _NONE),
    )


def pareto(query: Pareto, source: Source) -> Answer:
    """The architectures that no other one equals or beats in both metrics and beats in one, best in the first one first."""
    measured = measure_on(source, query.selection.on)
    both = (query.first, query.second)
    first, second = (metric.column(test=source.test) for metric in both)
    columns = _columns(source, *both)
    rows = measured.rows(
        ["arch", first, second, *_selected(columns)],
        query.selection,
        *both,
        tail=f"ORDER BY {first} {query.first.order}, {second} {query.second.order}, arch",
    )
    front: list[tuple[Any, ...]] = []
    best: tuple[float, float] | None = None
    for arch, one, other, *values in rows:
        if best is None or (one, other) == best or _beats(query.second, other, best[1]):
            best = one, other
            front.append((arch, str(Architecture(arch)), *values))
    return Answer(
        fields=fields("arch", "text", *columns),
        rows=tuple(front),
        notes=(
            *measured.notes_on(*both, where=query.selection.where),
            *(measured.notes_on_seeds(query.selection, *both) if rows else ()),
            f"{len(front)} of {len(rows)} architectures" if front else _NONE,
        ),
    )


def rank(query: Rank, source: Source) -> Answer:
    """A block's place among all measured ones, and the places it would have at both ends of its seed-noise interval.

    The noise is one standard deviation s for all blocks, pooled over those with two seeds or more; the interval of a block
    with n seeds is its mean ± 1.96·s/√n. `place_low` counts blocks that are better than its good end, `place_high` blocks
    that are not worse than its bad end. A metric that does not depend on the seed has no noise.
    """
    measured, metric = measure_on(source, query.selection.on), query.metric
    if query.selection.space == "tied" and not query.arch.is_tied:
        raise RequestError(f"block {query.arch.index} is not in the tied space; ask for its place without: in tied")
    column = metric.column(test=source.test)
    spreads = [f"{column}_n", f"{column}_sd"] if metric.is_of_run else ["seeds", "NULL"]
    rows = measured.rows(["arch", column, *spreads], query.selection, metric)
    found = {arch: (value, seeds) for arch, value, seeds, _ in rows}
    if query.arch.index not in found:
        raise unmeasured(measured, query.arch)
    value, seeds = found.pop(query.arch.index)
    ahead = sum(
        _beats(metric, other, value) or (other == value and arch < query.arch.index) for arch, (other, _) in found.items()
    )
    notes, noise, low, high = list(measured.notes_on(metric)), None, None, None
    together = measured.is_together(metric, query.arch)
    if metric.is_of_run and not together:
        noise = pooled((count, sd) for _, _, count, sd in rows)
    if noise is not None:
        margin = normal_quantile(CONFIDENCE) * noise.sd / sqrt(seeds)
        good, bad = (value + margin, value - margin) if metric.better == "larger" else (value - margin, value + margin)
        low = 1 + sum(_beats(metric, other, good) for other, _ in found.values())
        high = 1 + sum(not _beats(metric, bad, other) for other, _ in found.values())
        notes.append(f"seed_sd is pooled over the seeds of all blocks, {noise.degrees} degrees of freedom; interval 95 %")
    elif metric.is_of_run and not together:
        notes.append("no block has two seeds, so the seed noise is not known and the interval is missing")
    elif not metric.is_of_run:
        low = high = 1 + ahead
        notes.append(f"{metric.name} does not depend on the seed, so the interval is the place itself")
    sd = None if noise is None else noise.sd
    row = (query.arch.index, str(query.arch), measured.proxy, column, 1 + ahead, len(rows), value, seeds, sd, low, high)
    names = ("arch", "text", "proxy", "metric", "place", "of", "value", "seeds", "seed_sd", "place_low", "place_high")
    return Answer(fields=fields(*names), rows=(row,), notes=tuple(notes), upright=True)


def effect(query: Effect, source: Source) -> Answer:
    """For each operation of a slot the mean over the architectures that have it, and how far that is from the mean of all."""
    measured, metric = measure_on(source, query.selection.on), query.metric
    column = metric.column(test=source.test)
    values: dict[str, list[float]] = defaultdict(list)
    for operation, value in measured.rows([query.slot, column], query.selection, metric, tail="ORDER BY arch"):
        values[operation].append(value)
    grand, _ = spread([value for part in values.values() for value in part])
    rows = []
    for operation in OPERATIONS[query.slot]:
        mean, sd = spread(values[operation])
        margin = half_width(sd, len(values[operation]))
        low, high = (None, None) if mean is None or margin is None else (mean - margin, mean + margin)
        difference = None if mean is None or grand is None else mean - grand
        rows.append((query.slot, measured.proxy, column, operation, len(values[operation]), mean, low, high, difference))
    sign = -1 if metric.better == "larger" else 1
    rows.sort(key=lambda row: (row[5] is None, sign * (row[5] or 0)))  # best first, operations without a value last
    total = sum(map(len, values.values()))
    note = _NONE if grand is None else f"mean of all {total} architectures: {grand:.6g} {metric.unit}; intervals 95 %"
    notes = measured.notes_on(metric, where=query.selection.where)
    names = ("slot", "proxy", "metric", "operation", "architectures", "mean", "low", "high", "difference")
    return Answer(fields=fields(*names), rows=tuple(rows), notes=(*notes, note), shared=3)


def _columns(source: Source, *asked: Metric) -> list[str]:
    """The columns of a ranking behind the architecture: what was asked, seeds, then the other scores and costs."""
    columns: list[str] = []
    for metric in asked:
        column = metric.column(test=source.test)
        columns += [column, f"{column}_sd"] if metric.is_of_run else [column]
    others = [METRICS[name] for name in ("top1", "loss", "params", "flops")]
    columns += ["seeds", *(metric.column(test=source.test) for metric in others if metric not in asked)]
    return columns if source.predicted is None else [*columns, "predicted"]


def _selected(columns: list[str]) -> list[str]:
    """The same in SQL: `seeds` are those that the first column's mean is over."""
    counted = f"{columns[0]}_n AS seeds" if f"{columns[0]}_sd" in columns else "seeds"
    return [counted if column == "seeds" else column for column in columns]


def _beats(metric: Metric, one: float, other: float) -> bool:
    return one > other if metric.better == "larger" else one < other
