"""Queries over all measured architectures of a proxy: the best, the Pareto front, a block's place, the effect of a slot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from math import fsum, sqrt
from typing import Any

from sase_bench.answers import Answer
from sase_bench.errors import RequestError
from sase_bench.query.columns import fields
from sase_bench.query.conditions import metrics_in
from sase_bench.query.language import Effect, Pareto, Rank, Selection, Top
from sase_bench.query.levels import note_on
from sase_bench.query.metrics import METRICS, Metric
from sase_bench.query.relation import Relation, relation_on, unmeasured
from sase_bench.query.source import Source
from sase_bench.samples import drawn_at_random, representative
from sase_bench.space import OPERATIONS, SPACES, Architecture
from sase_bench.statistics.effects import separate
from sase_bench.statistics.means import CONFIDENCE, Spread, half_width, spread
from sase_bench.statistics.places import interval_of_place
from sase_bench.statistics.quantiles import t_quantile

__all__ = ["effect", "pareto", "rank", "top"]

_EFFECT = ("slot", "proxy", "metric", "operation", "architectures", "mean", "low", "high", "difference")
_NONE = "no measured architecture fits the condition"


def top(query: Top, source: Source) -> Answer:
    """The best (or worst) architectures by their means, less what their seeds do to all; equals in order of their index."""
    measured = relation_on(source, query.selection.on, query.selection.space)
    order = query.metric.order if query.is_best_first else {"ASC": "DESC", "DESC": "ASC"}[query.metric.order]
    columns = _columns(source, query.metric)
    rows = measured.rows(
        ["arch", *_selected(columns)],
        query.selection,
        query.metric,
        tail=f"ORDER BY {measured.fair(query.metric)} {order}, arch LIMIT {query.count}",
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
    measured = relation_on(source, query.selection.on, query.selection.space)
    both = (query.first, query.second)
    first, second = (measured.fair(metric) for metric in both)
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
    """A block's place among all measured ones by its mean, and the interval of the place that it truly has.

    The noise is what is left beside what a seed does to all blocks, and blocks may differ in it; `places` says how the interval
    follows from it. A block that looks best has had luck, so its interval may begin behind its place. A metric that does not
    depend on the seed has no noise.
    """
    measured, metric = relation_on(source, query.selection.on, query.selection.space), query.metric
    if query.selection.space == "tied" and not query.arch.is_tied:
        raise RequestError(f"block {query.arch.index} is not in the tied space; ask for its place without: in tied")
    column = metric.column(test=source.test)
    seeds = f"{column}_n" if metric.is_of_run else "seeds"
    rows = measured.rows(["arch", measured.fair(metric), column, seeds], query.selection, metric)
    found = {arch: values for arch, *values in rows}
    if query.arch.index not in found:
        raise unmeasured(measured, query.arch)
    own, value, count = found.pop(query.arch.index)
    ahead = sum(
        _beats(metric, other, own) or (other == own and arch < query.arch.index) for arch, (other, _, _) in found.items()
    )
    notes, sd, low, high = list(measured.notes_on(metric)), None, None, None
    if not metric.is_of_run:
        low = 1 + sum(_beats(metric, other, own) for other, _, _ in found.values())
        high = low + sum(other == own for other, _, _ in found.values())
        notes.append(
            f"{metric.name} does not depend on the seed: place_low to place_high are the places of all with this value"
        )
    elif not measured.is_together(metric, query.arch):
        archs, _, scores = measured.scores(column, {arch for arch, *_ in rows})
        effects = separate(scores)
        noise = effects.noise
        if noise is None:
            notes.append("too few blocks share two seeds, so the seed noise is not known and the interval is missing")
        else:
            sd = noise.sd
            low, high = interval_of_place(effects, archs.index(query.arch.index), sign=metric.sign)
            notes += [
                f"seed_sd is of one run beside what its seed does to all blocks, {noise.degrees} degrees of freedom",
                "place is by the mean; place_low to place_high holds the true place with 95 % probability, luck allowed for",
                *(note_on(levels) for levels in [measured.levels.get(column)] if levels),
            ]
    row = (query.arch.index, str(query.arch), measured.proxy, column, 1 + ahead, len(rows), value, count, sd, low, high)
    names = ("arch", "text", "proxy", "metric", "place", "of", "value", "seeds", "seed_sd", "place_low", "place_high")
    return Answer(fields=fields(*names), rows=(row,), notes=tuple(notes), upright=True)


def effect(query: Effect, source: Source) -> Answer:
    """For each operation of a slot the mean over the architectures that have it, and how far that is from the mean of all.

    Parameters, FLOPs and a latency that is known of all blocks are those of all that fit, and have no interval. Of scores the
    interval is for the mean over all blocks of the space that fit and have the operation: of n out of N, as if drawn at
    random, with the variance (1 − n/N)·s²/n + (n/N)·v/n (Cochran 1977, section 2.6), s² being that of their scores and v what
    the noise of the seeds has in it. Where none is missing, noise alone is left. The tied space is meant where all are tied.
    Blocks that a person or a search chose are left out where most were drawn at random: they do not stand for others. Scores
    are without what a block's seeds do to all blocks. Where a condition picks blocks by their scores there is no interval.
    """
    measured, metric = relation_on(source, query.selection.on, query.selection.space), query.metric
    costs = measured.costs(query.slot, metric, query.selection)
    if costs is not None:
        return _effect_on_costs(query, measured, costs)
    picked = any(condition.is_of_run for condition in metrics_in(query.selection.where))  # by the outcome
    column, together = metric.column(test=source.test), measured.is_together(metric)
    values: dict[str, list[float]] = defaultdict(list)
    errors: dict[str, list[float]] = defaultdict(list)  # 1 / seeds
    seeds, is_tied = f"{column}_n" if metric.is_of_run else "1", True
    asked = ["arch", query.slot, measured.fair(metric), seeds, "is_tied"]
    rows = measured.rows(asked, query.selection, metric, tail="ORDER BY arch")
    measured_at_all = {arch for (arch,) in measured.rows(["arch"], Selection(), metric)}
    judged = representative(measured_at_all, query.selection.space)
    for arch, operation, value, count, tied in rows:
        if arch not in judged:
            continue
        values[operation].append(value)
        errors[operation].append(1 / count)
        is_tied = is_tied and tied
    grand, _ = spread([value for part in values.values() for value in part])
    space = query.selection.space or ("tied" if is_tied else "full")
    sizes = measured.sizes(query.slot, replace(query.selection, space=space))
    noise = separate(measured.scores(column).values).noise if metric.is_of_run and grand is not None else Spread(0.0, 1)
    lines = []
    for operation in OPERATIONS[query.slot]:
        mean, sd = spread(values[operation])
        size = None if sizes is None else sizes.get(operation)
        margin = None if together or picked else _margin(sd, errors[operation], size, noise)
        low, high = (None, None) if mean is None or margin is None else (mean - margin, mean + margin)
        difference = None if mean is None or grand is None else mean - grand
        lines.append((query.slot, measured.proxy, column, operation, len(values[operation]), mean, low, high, difference))
    lines.sort(key=lambda row: (row[5] is None, metric.sign * (row[5] or 0)))  # best first, operations without a value last
    note = _NONE
    if grand is not None:
        total = sum(map(len, values.values()))
        meant = _meant(total, None if noise is None or sizes is None else sum(sizes.values()), space)
        note = f"mean of all {total} architectures: {grand:.6g} {metric.unit}"
        if picked:
            note += "; these blocks were picked by what a run gave, so their means have no interval and stand for no others"
        elif not together:
            note += f"; intervals 95 %, {meant}"
    notes = measured.notes_on(metric, where=query.selection.where)
    if left_out := {arch for arch, *_ in rows} - judged:
        notes = (*notes, _left_out(left_out, measured_at_all, space))
    return Answer(fields=fields(*_EFFECT), rows=tuple(lines), notes=(*notes, note), shared=3)


def _effect_on_costs(query: Effect, measured: Relation, costs: Mapping[str, tuple[float, int]]) -> Answer:
    """The effect on what is known of every block of the space that fits."""
    metric, total = query.metric, sum(count for _, count in costs.values())
    grand = fsum(mean * count for mean, count in costs.values()) / total
    lines: list[tuple[Any, ...]] = []
    for operation in OPERATIONS[query.slot]:
        mean, count = costs.get(operation, (None, 0))
        difference = None if mean is None else mean - grand
        lines.append((query.slot, measured.proxy, metric.val_column, operation, count, mean, mean, mean, difference))
    lines.sort(key=lambda row: (row[5] is None, metric.sign * (row[5] or 0)))
    space = query.selection.space or "full"
    note = f"mean of all {total:,} architectures of the {space} space that fit: {grand:.6g} {metric.unit}; it is known of each"
    notes = (*measured.notes_on(metric, where=query.selection.where), note)
    return Answer(fields=fields(*_EFFECT), rows=tuple(lines), notes=notes, shared=3)


def _left_out(archs: Set[int], everything: Set[int], space: str) -> str:
    """Why an effect in `space` leaves out `archs` of all that were measured."""
    other = next(name for name in SPACES if name != space)
    elsewhere = len(archs & drawn_at_random(everything, other))
    parts = [f"{elsewhere} drawn from the {other} space"] * bool(elsewhere)
    parts += [f"{len(archs) - elsewhere} chosen by a person or a search"] * (len(archs) > elsewhere)
    return f"left out: {' and '.join(parts)}; the others were drawn at random from the {space} space"


def _meant(count: int, size: int | None, space: str) -> str:
    """What varies in the intervals of an effect over `count` blocks of `size` (None: many)."""
    if count == size:
        return f"by the noise of the seeds alone: these are all of the {space} space that fit"
    return "as if drawn at random from " + ("many" if size is None else f"the {size:,} of the {space} space that fit")


def _margin(sd: float | None, errors: Sequence[float], size: int | None, noise: Spread | None) -> float | None:
    """Half the interval of a mean over blocks with 1 / seeds `errors`, drawn from `size` blocks (None: from many)."""
    count = len(errors)
    if noise is None or not size or not count:
        return half_width(sd, count)
    share, variance = count / size, noise.sd**2 * fsum(errors) / count
    if share == 1:
        return t_quantile(CONFIDENCE, noise.degrees) * sqrt(variance / count)
    return None if sd is None else half_width(sqrt((1 - share) * sd**2 + share * variance), count)


def _columns(source: Source, *asked: Metric) -> list[str]:
    """The columns of a ranking behind the architecture: what was asked, seeds, then the other scores and costs."""
    columns: list[str] = []
    for metric in asked:
        column = metric.column(test=source.test)
        columns += [column, f"{column}_sd"] if metric.is_of_run else [column]
    others = [METRICS[name] for name in ("top1", "loss", "params", "flops")]
    columns += ["seeds", *(metric.column(test=source.test) for metric in others if metric not in asked)]
    if source.predicted is not None:
        columns += ["predicted", *["predicted_sd"] * any(metric.is_of_run for metric in asked)]
    return columns


def _selected(columns: list[str]) -> list[str]:
    """The same in SQL: `seeds` are those that the first column's mean is over, `predicted_sd` is of the first score."""
    score = next((column for column in columns if f"{column}_sd" in columns), None)
    named = {"predicted_sd": f"{score}_predicted_sd AS predicted_sd"}
    named |= {"seeds": f"{score}_n AS seeds"} if score == columns[0] else {}
    return [named.get(column, column) for column in columns]


def _beats(metric: Metric, one: float, other: float) -> bool:
    return metric.sign * one < metric.sign * other
