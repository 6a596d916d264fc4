"""The query about a block's neighbours: what another operation in one slot would do to its score."""

from __future__ import annotations

from typing import Any

from sase_bench.answers import Answer
from sase_bench.errors import RequestError
from sase_bench.query.columns import fields
from sase_bench.query.gains import Gain, Gains
from sase_bench.query.language import Neighbours
from sase_bench.query.metrics import Metric
from sase_bench.query.relation import Relation, relation_on, unmeasured
from sase_bench.query.source import Source
from sase_bench.query.together import is_shared
from sase_bench.space import SPACES, Space

__all__ = ["neighbours"]


def neighbours(query: Neighbours, source: Source) -> Answer:
    """The measured blocks that differ from one in a single slot, in `tied` in a single set, with what each gains over it.

    `gain` is without what seeds do to all blocks, larger is better whatever the metric; so is the order. A metric that does not
    depend on the seed has no interval.
    """
    measured, block, metric = relation_on(source, query.selection.on), query.arch, query.metric
    space = Space(query.selection.space or "full")
    if block not in space:
        raise RequestError(f"block {block.index} is not in the tied space; ask for its neighbours without: in tied")
    column = metric.column(test=source.test)
    seeds = f"{column}_n" if metric.is_of_run else "seeds"
    found = {arch: values for arch, *values in measured.rows(["arch", column, seeds], query.selection, metric)}
    if block.index not in found:
        raise unmeasured(measured, block)
    own, own_seeds = found[block.index]
    around = space.neighbours(block)
    gains = Gains(measured, metric) if metric.is_of_run else None
    rows: list[tuple[Any, ...]] = []
    for one in (arch for arch in around if arch.index in found):
        value, count = found[one.index]
        place = next(name for name in SPACES[space.name] if one.operations[name] != block.operations[name])
        gain = Gain(metric.sign * (own - value)) if gains is None else gains.over(one.index, block.index)
        rows.append((place, one.operations[place], one.index, value, count, *gain))
    rows.sort(key=lambda row: (row[5] is None, -(row[5] or 0.0)))  # best first; neighbours come by slot and operation
    facts = (block.index, str(block), measured.proxy, column, own, own_seeds)
    own_names = ("arch", "text", "proxy", "metric", "value", "seeds")
    names = ("slot", "operation", "neighbour", "neighbour_value", "neighbour_seeds", "gain", "gain_low", "gain_high")
    return Answer(
        fields=fields(*own_names, *names),
        rows=tuple((*facts, *row) for row in rows),
        notes=(*measured.notes_on(metric), *_notes(rows, len(around), measured, metric, query)),
        shared=len(facts),
    )


def _notes(rows: list[tuple[Any, ...]], total: int, measured: Relation, metric: Metric, query: Neighbours) -> list[str]:
    """What the neighbours come to, and how to measure the others."""
    notes = []
    if rows:
        low, high = (-2, -1) if metric.is_of_run and not is_shared(metric) else (-3, -3)
        better = sum(row[low] is not None and row[low] > 0 for row in rows)
        worse = sum(row[high] is not None and row[high] < 0 for row in rows)
        by = "; by 95 % intervals" if low != high else ";"
        notes.append(
            f"gain: over block {query.arch.index}, larger is better{by} {better} of {len(rows)} are better, {worse} worse"
        )
    if len(rows) < total:
        space = " --space full" if query.selection.space != "tied" else ""
        command = measured.source.writing(f"sweep --plan neighbours:{query.arch.index}{space} --proxy {measured.proxy}")
        notes.append(f"{len(rows)} of {total} neighbours were measured; train the others with: {command}")
    return notes
