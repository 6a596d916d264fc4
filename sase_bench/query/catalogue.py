"""Queries about the table itself: its proxies, its columns, and how much it holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sase_bench.answers import Answer
from sase_bench.database.schema import BLOCK_TABLES, MODULE_TABLES
from sase_bench.query.columns import fields
from sase_bench.query.language import Columns, Proxies, Selection, Summary, Word
from sase_bench.query.metrics import METRICS
from sase_bench.query.relation import relation_on
from sase_bench.query.source import Source
from sase_bench.recipes.registry import metric_of
from sase_bench.record import COLUMNS, EPOCH_COLUMNS, KEY
from sase_bench.space import OPERATIONS, Architecture, Space

__all__ = ["DESCRIPTIONS", "columns", "proxies", "summary"]


def _estimates(name: str, description: str) -> dict[str, tuple[str, str]]:
    ends = {f"{name}_{end}": ("", f"{end}er end of its 95 % interval") for end in ("low", "high")}
    return {name: ("", description), **ends}


_NUMBER = "the module's number, where a block has its index"

#: Table → column → (unit, description), for what is not declared in `sase_bench.record`.
DESCRIPTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "about": {
        "key": ("", "format, schema_version, and for each trunk with latencies: latency of TRUNK"),
        "value": ("", "what the key stands for; for latencies unit, batch, device, threads, clock, processor, as JSON"),
    },
    "architectures": {
        "arch": ("", COLUMNS["arch"].description),
        **{slot: ("", f"operation in this slot: {', '.join(names)}") for slot, names in OPERATIONS.items()},
        "is_tied": ("", "slots of one set have the same operation: the block lies in the tied space"),
        "text": ("", "the six operations in slot order, joined by '/'"),
    },
    "proxies": {
        "proxy": ("", COLUMNS["proxy"].description),
        "recipe_hash": ("", COLUMNS["recipe_hash"].description),
        "dataset": ("", "the images that are classified"),
        "resolution": ("pixels", "height and width of an image"),
        "trunk": ("", "the network around the blocks"),
        "epochs": ("", "passes over the training images"),
        "train_size": ("images", "training images"),
        "val_size": ("images", "validation images"),
        "test_size": ("images", "test images"),
        "recipe": ("", "everything that decides a score, as JSON"),
        "splits": ("", "SHA-256 of the image numbers of each part, as JSON"),
        "description": ("", "the task in words"),
    },
    "costs": {
        "arch": ("", COLUMNS["arch"].description),
        "trunk": ("", "the network around the blocks"),
        **{name: (METRICS[name].unit, METRICS[name].description) for name in ("params", "flops", "latency")},
    },
    "calibrations": {
        "proxy": ("", COLUMNS["proxy"].description),
        "metric": ("", "the column that blocks are ranked by"),
        "blocks": ("", "blocks that are judged, each with every seed"),
        "seeds": ("", "seeds of each"),
        **_estimates("icc", "the blocks' share in the variance of single runs"),
        **_estimates("reliability", "reliability of the mean over the seeds"),
        "reference": ("", "the proxy with the longer training that the ranking is compared with"),
        "reference_blocks": ("", "blocks that both have"),
        **_estimates(
            "validity", "correlation with the reference, free of the noise of both; no interval where it is often undefined"
        ),
        "unscored": ("", "runs without a score, diverged or failed, of blocks drawn like those judged"),
        "runs": ("", "runs of the blocks judged, and of those that have one without a score"),
        "seconds": ("s", "median time of these runs"),
    },
    "predictions": {
        "proxy": ("", COLUMNS["proxy"].description),
        "metric": ("", "the validation score that is predicted"),
        "predictor": ("", "the model that predicts it"),
        "arch": ("", COLUMNS["arch"].description),
        "mean": ("of the metric", "what is expected of the architecture"),
        "sd": ("of the metric", "standard deviation of the architecture's true value"),
    },
    **{name: {"arch": ("", _NUMBER)} for name in MODULE_TABLES},
    "modules": {
        "arch": ("", _NUMBER),
        "module": ("", "its name wherever attention is chosen; none = the plain trunk"),
        "title": ("", "of the paper"),
        "year": ("", "of the venue"),
        "reference": ("", "arXiv number, or the venue"),
    },
    "scores": {
        "arch": ("", COLUMNS["arch"].description),
        "proxy": ("", COLUMNS["proxy"].description),
        "runs": ("", "runs, however they ended"),
        "seeds": ("", "runs that ended ok"),
        "diverged": ("", "runs whose loss was not finite"),
        "failed": ("", "runs that ended with an error"),
        **{
            name + suffix: (COLUMNS[name].unit, f"{what} over the seeds of: {COLUMNS[name].description}")
            for name in ("val_top1", "val_loss", "train_seconds")
            for suffix, what in (("", "mean"), ("_sd", "standard deviation"))
        },
    },
}

_DECLARED = {"runs": COLUMNS, "validation_runs": COLUMNS, "epochs": {name: COLUMNS[name] for name in KEY} | EPOCH_COLUMNS}
_DECLARED |= {
    theirs: {name: column for name, column in _DECLARED[blocks].items() if name != "arch"}
    for blocks, theirs in zip(BLOCK_TABLES, MODULE_TABLES, strict=True)
}
_BETTER = {metric.val_column: metric.better for metric in METRICS.values()}


def proxies(query: Proxies, source: Source) -> Answer:
    """The proxies that the table describes. `measured` counts architectures with a run that ended ok."""
    recipe = ("proxy", "dataset", "resolution", "trunk", "epochs", "train_size", "val_size", "test_size")
    rows = source.rows(
        f"""
        SELECT {", ".join(f"proxies.{name}" for name in recipe)}, count(DISTINCT arch) FILTER (status = 'ok'),
            count(seed), count(DISTINCT seed), count(*) FILTER (status = 'diverged'), count(*) FILTER (status = 'failed')
        FROM proxies LEFT JOIN validation_runs AS runs USING (proxy) GROUP BY ALL ORDER BY proxies.proxy
        """
    )
    asked = source.proxies()
    return Answer(
        fields=fields(*recipe, "measured", "runs", "seeds", "diverged", "failed"),
        rows=tuple(row for row in rows if row[0] in asked),
        notes=() if any(row[9] for row in rows) else (source.how_to_fill,),
    )


def columns(query: Columns, source: Source) -> Answer:
    """Every column of every table and view."""
    found = source.rows(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE database_name = current_database() "
        "AND NOT internal AND schema_name = 'main' ORDER BY table_name, column_index"
    )
    rows: list[tuple[Any, ...]] = []
    for table, name, kind in found:
        kind = kind.partition("(")[0]  # the values of an ENUM are in its description
        declared = _DECLARED.get(table, {}).get(name)
        if declared is not None:
            rows.append((table, name, kind, declared.unit, declared.better, declared.split, declared.description))
        else:
            unit, description = DESCRIPTIONS.get(table, {}).get(name, ("", ""))
            better = _BETTER.get(name) if table in ("costs", "scores") else None
            split = COLUMNS[name.removesuffix("_sd")].split if table == "scores" and name.startswith("val_") else None
            rows.append((table, name, kind, unit, better, split, description))
    return Answer(
        fields=fields("table", "column", "type", "unit", "better", "split", "description"),
        rows=tuple((table, name, kind, unit or None, *rest) for table, name, kind, unit, *rest in rows),
    )


def summary(query: Summary, source: Source) -> Answer:
    """For each proxy: runs and how they ended, seeds of an architecture, how much of both spaces is measured, the best."""
    names = ["proxy", "ranked_by", *_COUNTS, *_TRUSTED, *_COVERED]
    best = [f"best_{source.column(name)}" for name in _BEST]
    names += [f"{name}{part}" for name in best for part in ("_arch", "_text", "", "_seeds")]
    rows = [(proxy, metric_of(proxy), *_counts(source, proxy), *_best(source, proxy)) for proxy in source.proxies()]
    records = [dict(zip(names, row, strict=True)) for row in rows]
    notes = list(_trust(source, records)) if any(record["runs"] for record in records) else [source.how_to_fill]
    return Answer(fields=fields(*names), rows=tuple(rows), notes=tuple(notes), upright=True)


def _trust(source: Source, records: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What a reliability is of, and how to have one where there is none."""
    if any(record["judged_blocks"] for record in records):
        yield "reliability: of the mean of a judged block over the judged seeds, as judged last; of fewer seeds it is smaller"
    for record in records:
        if not record["judged_blocks"] and (record["seeds_max"] or 0) > 1:
            command = source.writing(f"calibrate --measured --proxy {record['proxy']}")
            yield f"the reliability on {record['proxy']} was not measured; {command}"


#: Counted over an architecture's line in `scores` for one proxy.
_COUNTS = {
    "architectures": "count(*)",
    "runs": "coalesce(sum(runs), 0)::BIGINT",
    "ok": "coalesce(sum(seeds), 0)::BIGINT",
    "diverged": "coalesce(sum(diverged), 0)::BIGINT",
    "failed": "coalesce(sum(failed), 0)::BIGINT",
    "divergence_rate": "sum(diverged) / nullif(sum(runs), 0)",
    "seeds_min": "min(seeds)",
    "seeds_max": "max(seeds)",
    "median_train_seconds": "(SELECT median(train_seconds) FROM validation_runs WHERE proxy = $proxy AND status = 'ok')",
}

#: What `python -m sase_bench.calibrate` found last for the metric that the proxy ranks by; tables of 0.1.0 may have older rows.
_TRUSTED = {
    name: f"(SELECT {column} FROM calibrations WHERE proxy = $proxy AND metric = $metric ORDER BY rowid DESC LIMIT 1)"
    for name, column in {
        **{name: name for name in ("reliability", "reliability_low", "reliability_high")},
        "judged_blocks": "blocks",
        "judged_seeds": "seeds",
    }.items()
}

#: Metrics by which the best block is told.
_BEST = ("loss", "top1", "train_loss")

#: Architectures with a run that ended ok, and the size of the space.
_COVERED = {
    "tied": "count(*) FILTER (is_tied AND seeds > 0)",
    "tied_of": str(len(Space("tied"))),
    "full": "count(*) FILTER (seeds > 0)",
    "full_of": str(len(Space("full"))),
}


def _counts(source: Source, proxy: str) -> tuple[Any, ...]:
    expressions = ", ".join((_COUNTS | _TRUSTED | _COVERED).values())
    (row,) = source.rows(
        f"SELECT {expressions} FROM scores JOIN architectures USING (arch) WHERE proxy = $proxy",
        {"proxy": proxy, "metric": metric_of(proxy)},
    )
    return row


def _best(source: Source, proxy: str) -> tuple[Any, ...]:
    """Index, text, value and seeds of the best by each of `_BEST`, as far as there is one."""
    if not source.rows("SELECT 1 FROM validation_runs WHERE proxy = ? AND status = 'ok' LIMIT 1", [proxy]):
        return (None,) * 4 * len(_BEST)
    measured = relation_on(source, Word(proxy, 1))
    found: list[Any] = []
    for metric in (METRICS[name] for name in _BEST):
        column = metric.column(test=source.test)
        order = f"ORDER BY {measured.fair(metric)} {metric.order}, arch LIMIT 1"
        ((arch, value, seeds),) = measured.rows(["arch", column, f"{column}_n"], Selection(), metric, tail=order)
        found += [arch, str(Architecture(arch)), value, seeds]
    return tuple(found)
