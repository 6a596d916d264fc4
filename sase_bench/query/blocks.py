"""Queries about single blocks: everything known of one, two side by side, a learning curve; the last two also of modules."""

from __future__ import annotations

from typing import Any

from sase_bench.answers import Answer
from sase_bench.cost import TRUNKS, cost_in
from sase_bench.cost.trunks import RESNET50
from sase_bench.database.rows import has_modules
from sase_bench.database.schema import MODULE_TABLES, tables_for
from sase_bench.modules import Module
from sase_bench.query.columns import fields
from sase_bench.query.language import Arch, Compare, Curve
from sase_bench.query.latencies import latency_notes
from sase_bench.query.metrics import METRICS, Metric
from sase_bench.query.relation import Relation, relation_on, unmeasured
from sase_bench.query.source import Source
from sase_bench.query.together import NOTE, is_shared, sd_sql, trained_together
from sase_bench.space import SLOTS, Architecture
from sase_bench.statistics.means import Spread, spread

__all__ = ["arch", "compare", "curve"]

_AT_FULL_SIZE = ("resnet50_params", "resnet50_flops")  # of the network that papers give costs for
_CURVES = ("train_loss", "val_loss", "val_top1")
_SIZED = "resnet50_params and resnet50_flops: of ResNet-50 at 224×224 with the attention in every bottleneck"
_PAIRED = (
    "a, b and a - b, the difference, are means over the seeds that both have; low and high: 95 % interval, of scores with the "
    "noise of all blocks and modules; p: by the same noise, that there is no difference, two-sided, of each by itself"
)
_NO_ERROR = Spread(0.0, 1)  # of a block beside itself
_APART = "no seed ended ok for both, so there is no difference; a and b are means over their own seeds"


def arch(query: Arch, source: Source) -> Answer:
    """A row for each proxy of the table, and one for each trunk that has costs but no proxy; runs that failed say why.

    `params` and `flops` are of the row's trunk; those of ResNet-50 stand with what all rows share.
    """
    scores = [source.column(name) for name in ("top1", "loss", "train_seconds")]
    ended = "FILTER (status = 'ok')"
    summed = ", ".join(f"avg({name} ORDER BY seed) {ended} AS {name}, {sd_sql(name, ended)} AS {name}_sd" for name in scores)
    counts = ", ".join(
        f"CASE WHEN proxy IS NOT NULL THEN coalesce({name}, 0) END" for name in ("runs", "seeds", "diverged", "failed")
    )
    means = ", ".join(f"{name}, {name}_sd" for name in scores)
    found = source.rows(
        f"""
        SELECT proxy, {counts}, reasons, {means}, trunk, params, flops, latency
        FROM (SELECT proxy, trunk FROM proxies)
        FULL JOIN (SELECT trunk, params, flops, latency FROM costs WHERE arch = $arch) USING (trunk)
        LEFT JOIN (
            SELECT
                proxy, count(*) AS runs, count(*) FILTER (status = 'ok') AS seeds,
                count(*) FILTER (status = 'diverged') AS diverged, count(*) FILTER (status = 'failed') AS failed,
                string_agg('seed ' || seed || ' ' || status || ': ' || reason, '; ' ORDER BY seed) AS reasons, {summed}
            FROM {source.runs} WHERE arch = $arch GROUP BY proxy
        ) USING (proxy)
        ORDER BY proxy IS NULL, proxy, trunk
        """,
        {"arch": query.arch.index},
    )
    asked = source.proxies()
    rows = [row for row in found if row[0] in asked or (row[0] is None and source.proxy is None)]
    names = ["proxy", "runs", "seeds", "diverged", "failed", "reasons"]
    names += [*(part for name in scores for part in (name, f"{name}_sd")), "trunk", "params", "flops", "latency"]
    block = query.arch
    facts = (block.index, str(block), " ".join(map(str, block.digits)), block.is_tied, *block.operations.values())
    facts += cost_in(RESNET50, block)
    notes = latency_notes(source, {row[names.index("trunk")] for row in rows})
    if not any(row[2] for row in rows):
        notes = (f"block {block.index} has no run that ended ok; costs are counted", *notes)
    if any(block.index in trained_together(source, row[0]) for row in rows if row[0] is not None):
        notes = (*notes, NOTE)
    notes = (*notes, _SIZED)
    return Answer(
        fields=fields("arch", "text", "digits", "is_tied", *SLOTS, *_AT_FULL_SIZE, *names),
        rows=tuple((*facts, *row) for row in rows or [(None,) * len(names)]),
        notes=notes,
        shared=4 + len(SLOTS) + len(_AT_FULL_SIZE),
        upright=True,
    )


def compare(query: Compare, source: Source) -> Answer:
    """Both blocks' means, the difference a − b and its interval, all over the seeds that both have.

    Where they share none there is no difference, and each mean is over the block's own seeds.
    """
    measured = relation_on(source, query.on)
    facts = (query.a.index, str(query.a), query.b.index, str(query.b), measured.proxy)
    has_block = not (isinstance(query.a, Module) and isinstance(query.b, Module))  # of modules the table has no latency
    latency = measured.notes_on_latency() if has_block else ()
    missing = [block for block in dict.fromkeys((query.a, query.b)) if not _seeds(measured, "seed", block)]
    notes = [*measured.notes, *latency, *(str(unmeasured(measured, block)) for block in missing)]
    together = trained_together(source, measured.proxy) & {query.a.index, query.b.index}
    notes += [NOTE] if together else []
    rows = [
        (*facts, *_side_by_side(measured, METRICS[name], query.a, query.b, together))
        for name in ("top1", "loss", "train_loss", "train_seconds")
    ] + [
        (*facts, *_cost_side_by_side(measured, METRICS[name], query.a, query.b))
        for name in ("params", "flops", *(["latency"] if latency else []))
    ]
    rows += [(*facts, *line) for line in _at_full_size(query.a, query.b)]
    paired = _PAIRED if _common(*(_seeds(measured, "seed", block) for block in (query.a, query.b))) else _APART
    names = ("a_arch", "a_text", "b_arch", "b_text", "proxy", "metric", "unit", "a", "a_sd", "a_seeds", "b", "b_sd", "b_seeds")
    return Answer(
        fields=fields(*names, "difference", "low", "high", "p", "pairs"),
        rows=tuple(rows),
        notes=(*notes, f"params and flops: of {measured.trunk}, the trunk of the proxy; {_SIZED}", paired),
        shared=5,
    )


def curve(query: Curve, source: Source) -> Answer:
    """After each epoch the means over the seeds that ended ok, with their standard deviations."""
    measured = relation_on(source, query.on)
    if not _seeds(measured, "seed", query.arch):
        raise unmeasured(measured, query.arch)
    runs, curves = tables_for(query.arch.index)
    rows = source.rows(
        f"""
        SELECT epoch, {", ".join(f"{of}(epochs.{name} ORDER BY seed)" for name in _CURVES for of in ("avg", "stddev_samp"))},
            count(*)
        FROM {curves} AS epochs JOIN {runs} AS runs USING (arch, proxy, seed)
        WHERE arch = ? AND proxy = ? AND status = 'ok' GROUP BY epoch ORDER BY epoch
        """,
        [query.arch.index, measured.proxy],
    )
    return Answer(
        fields=fields("arch", "text", "proxy", "epoch", *(f"{name}{end}" for name in _CURVES for end in ("", "_sd")), "seeds"),
        rows=tuple((query.arch.index, str(query.arch), measured.proxy, *row) for row in rows),
        notes=measured.notes,
        shared=3,
    )


def _seeds(measured: Relation, column: str, block: Architecture | Module) -> dict[int, Any]:
    """The value of a column by seed, for the runs of the block or module that ended ok and have one."""
    source = measured.source
    if isinstance(block, Module) and not has_modules(source.connection):
        return {}
    runs = MODULE_TABLES[0] if isinstance(block, Module) else source.runs
    return dict(
        source.rows(
            f"SELECT seed, {column} FROM {runs} "
            f"WHERE proxy = ? AND arch = ? AND status = 'ok' AND {column} IS NOT NULL ORDER BY seed",
            [measured.proxy, block.index],
        )
    )


def _common(one: dict[int, Any], other: dict[int, Any]) -> list[int]:
    """The seeds that both have."""
    return [seed for seed in one if seed in other]


def _side_by_side(
    measured: Relation, metric: Metric, a: Architecture | Module, b: Architecture | Module, together: set[int]
) -> tuple[Any, ...]:
    column = metric.column(test=measured.source.test)
    one, other = _seeds(measured, column, a), _seeds(measured, column, b)
    shared = {block.index for block in (a, b) if is_shared(metric) and block.index in together}
    common = _common(one, other)
    if common:
        one, other = ({seed: side[seed] for seed in common} for side in (one, other))
    differences = [one[seed] - other[seed] for seed in common]
    mean, _ = spread(differences)
    error = None if shared else _NO_ERROR if a == b else measured.error(metric, differences, a.index, b.index)
    told: tuple[float | None, ...] = (None, None, None)
    if mean is not None and error is not None:
        told = (mean - error.half_width, mean + error.half_width, error.p_value(mean))
    sides: list[float | None] = []
    for block, side in ((a, one), (b, other)):
        center, width = spread(list(side.values()))
        sides += [center, None if block.index in shared else width, len(side)]
    return column, metric.unit, *sides, mean, *told, len(differences)


def _cost_side_by_side(
    measured: Relation, metric: Metric, a: Architecture | Module, b: Architecture | Module
) -> tuple[Any, ...]:
    costs = dict(
        measured.source.rows(
            f"SELECT arch, {metric.val_column} FROM costs WHERE trunk = ? AND arch IN (?, ?)",
            [measured.latency_trunk if metric is METRICS["latency"] else measured.trunk, a.index, b.index],
        )
    )
    if measured.trunk in TRUNKS and metric.name in _COUNTED:  # of modules the table has no costs
        for module in (one for one in (a, b) if isinstance(one, Module)):
            costs[module.index] = cost_in(TRUNKS[measured.trunk], module)[_COUNTED.index(metric.name)]
    return _difference(metric.name, metric.unit, costs.get(a.index), costs.get(b.index))


_COUNTED = ("params", "flops")  # in the order of `cost_in`


def _at_full_size(a: Architecture | Module, b: Architecture | Module) -> list[tuple[Any, ...]]:
    """Parameters and FLOPs of ResNet-50 with each."""
    units = (METRICS[name].unit for name in _COUNTED)
    found = zip(_AT_FULL_SIZE, units, cost_in(RESNET50, a), cost_in(RESNET50, b), strict=True)
    return [_difference(*line) for line in found]


def _difference(name: str, unit: str, one: float | None, other: float | None) -> tuple[Any, ...]:
    """A line of what has no seeds."""
    difference = None if one is None or other is None else one - other
    return name, unit, one, None, None, other, None, None, difference, None, None, None, None
