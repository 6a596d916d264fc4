"""The query about published modules: what each does for the trunk, and where it would stand among the blocks."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum
from typing import Any

from sase_bench.answers import Answer
from sase_bench.cost import TRUNKS, cost_in
from sase_bench.database.rows import has_modules
from sase_bench.errors import RequestError
from sase_bench.modules import PLAIN, Module, is_rival
from sase_bench.query.columns import fields
from sase_bench.query.gains import Gains
from sase_bench.query.language import Modules
from sase_bench.query.levels import level_sql, note_on
from sase_bench.query.metrics import METRICS
from sase_bench.query.relation import Relation, relation_on
from sase_bench.query.source import Source
from sase_bench.query.together import NOTE, is_shared, trained_together
from sase_bench.space import SASE, SASE_BLOCK
from sase_bench.statistics.means import spread

__all__ = ["modules", "nearest"]


def modules(query: Modules, source: Source) -> Answer:
    """Every module that has a run that ended ok, and the published SASE block if it has one, best first.

    `gain` is over the plain trunk and `lead` over the published block, larger is better whatever the metric, with 95 %
    intervals: of scores differences between means without the seeds' levels, by all runs of the table, so that none gains by
    seeds that went well. So is the order, and `blocks_ahead`, the number of measured blocks of the space that are better.
    Parameters and FLOPs are those of the proxy's network with the module in it; missing in a network that modules were not
    counted in.
    """
    measured, metric = relation_on(source, query.on), query.metric
    if not metric.is_of_run:
        known = " or ".join(name for name, known in METRICS.items() if known.is_of_run)
        raise RequestError(f"modules are compared by what a run measures, {known}, got {metric.name}")
    column = metric.column(test=source.test)
    found = _scores(measured, column)
    if not found:
        command = source.writing(f"sweep --plan modules --proxy {measured.proxy}")
        raise RequestError(
            f"no published module has a run that ended ok on the proxy {measured.proxy}; train them with: {command}"
        )
    levels = measured.levels.get(column, {})
    blocks = source.rows(
        f"SELECT arch, avg({column} ORDER BY seed) - {level_sql(levels)} FROM {source.runs} WHERE proxy = ? AND status = 'ok' "
        "GROUP BY arch",
        [measured.proxy],
    )
    together = trained_together(source, measured.proxy) if is_shared(metric) else set()
    gains = Gains(measured, metric)
    rows: list[tuple[Any, ...]] = []
    fair: dict[str, float] = {}  # without the levels of its seeds
    for name, seeds in found.items():
        mean, sd = spread(list(seeds.values()))
        if mean is None:
            continue
        fair[name] = mean - fsum(levels[seed] for seed in seeds) / len(seeds) if levels else mean
        index = _index(name)
        ahead = sum(metric.sign * other < metric.sign * fair[name] for arch, other in blocks if arch != index)
        if index in together:
            sd = None
        over = (*gains.over(index, _index(PLAIN)), *gains.over(index, SASE_BLOCK.index))
        scores = (mean, sd, len(seeds), *over, ahead, len(blocks))
        rows.append((name, _year(name), *scores, *_costs(measured.trunk, name)))
    rows.sort(key=lambda row: (metric.sign * fair[row[0]], row[0]))
    names = (
        "module",
        "year",
        column,
        f"{column}_sd",
        "seeds",
        "gain",
        "gain_low",
        "gain_high",
        "lead",
        "lead_low",
        "lead_high",
        "blocks_ahead",
        "blocks",
        "params",
        "flops",
    )
    note = (
        f"gain: over the plain trunk, lead: over the block {SASE_BLOCK.index} that was published, larger is better; "
        "low and high: 95 % interval of each by itself"
    )
    if PLAIN not in found:
        note = f"the plain trunk has no run that ended ok, so there is no gain; train it with --plan {PLAIN}"
    notes = (*measured.notes, *((NOTE,) if together else ()), note, *((note_on(levels),) if levels else ()))
    return Answer(fields=fields(*names), rows=tuple(rows), notes=notes)


def nearest(records: Sequence[dict[str, Any]], value: float, column: str = "val_loss") -> dict[str, Any] | None:
    """The published module whose mean is next to `value`, of what a question about modules gave; None if there is none."""
    published = [record for record in records if is_rival(record["module"])]
    return min(published, key=lambda record: abs(float(record[column]) - value), default=None)


def _scores(measured: Relation, column: str) -> dict[str, dict[int, float]]:
    """Module → seed → score."""
    source, found = measured.source, dict[str, dict[int, float]]()
    where = "WHERE proxy = ? AND status = 'ok' AND {column} IS NOT NULL"
    if has_modules(source.connection):
        sql = f"SELECT arch, seed, {column} FROM module_runs {where.format(column=column)} ORDER BY arch, seed"
        for arch, seed, value in source.rows(sql, [measured.proxy]):
            found.setdefault(Module.from_index(arch).name, {})[seed] = value
    if found:
        sql = f"SELECT seed, {column} FROM {source.runs} {where.format(column=column)} AND arch = ? ORDER BY seed"
        sase = dict(source.rows(sql, [measured.proxy, SASE_BLOCK.index]))
        found |= {SASE: sase} if sase else {}
    return found


def _index(name: str) -> int:
    return SASE_BLOCK.index if name == SASE else Module(name).index


def _year(name: str) -> int | None:
    published = None if name == SASE else Module(name).published
    return None if published is None else published.year


def _costs(trunk: str, name: str) -> tuple[int, int] | tuple[None, None]:
    known = TRUNKS.get(trunk)
    return (None, None) if known is None else cost_in(known, SASE_BLOCK if name == SASE else Module(name))
