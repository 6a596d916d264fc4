"""The data card: every figure in it is the answer to a command that stands beside it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from statistics import fmean
from typing import Any

import duckdb

from sase_bench.answers import markdown, render
from sase_bench.calibrate.agreement import ranking
from sase_bench.calibrate.findings import RULE, Finding
from sase_bench.database.shelf import CALIBRATIONS, Shelf, open_shelf, read_shelf
from sase_bench.query import ask
from sase_bench.query.metrics import ranking_metric
from sase_bench.query.modules import nearest
from sase_bench.recipes.recipe import DATASETS
from sase_bench.recipes.registry import REFERENCE
from sase_bench.record import COLUMNS, EPOCH_COLUMNS, OBJECTIVES, Column
from sase_bench.release.agreement import agreement
from sase_bench.release.beside import files_beside
from sase_bench.release.groups import elsewhere, groups
from sase_bench.release.longer import longer
from sase_bench.release.verification import VERIFICATION, known_in_order, read_verification
from sase_bench.release.wording import CONCLUSIONS, LICENCE, ORIGIN, READING
from sase_bench.space import SASE_BLOCK, Space
from sase_bench.statistics.reliability import seeds_for

__all__ = ["card"]

_WANTED = 0.9  # reliability


def card(folder: Path, found: Sequence[Finding]) -> str:
    """The text of the card for the shards and the calibrations in `folder`; `found` are the latter, as they were computed."""
    shelf = read_shelf(folder)
    with open_shelf(shelf) as table:
        others = list(elsewhere(table, found))
        parts = [
            [f"# {_headline(found, others)}", "", *_sureness(table, found), *ORIGIN],
            ["## Files", "", *_files(table, shelf, folder)],
            ["## What was measured", "", *_asked(folder, "summary")],
            ["## The published SASE block", "", *_published(table, folder)],
            ["## Published modules in the same place", "", *_modules(table, folder)],
            ["## How far to trust a score", "", *_reliability(found)],
            ["## Whether the proxies agree", "", *agreement(table, found)],
            ["## The same blocks, trained for longer", "", *longer(table, found)],
            ["## What it would take", "", *_price(found, others)],
            ["## Noise", "", *_noise(folder)],
            ["## Verification", "", *_verification(table, folder)],
            ["## Splits", "", *_splits(table)],
            ["## Where and by what", "", *_hardware(table)],
            ["## Columns", "", *_columns()],
            ["## What not to conclude", "", *CONCLUSIONS, *_not_yet(found)],
            ["## Licence", "", *LICENCE, *_citations(shelf)],
        ]
    return "\n\n".join("\n".join(part).rstrip() for part in parts) + "\n"


def _headline(found: Sequence[Finding], others: Sequence[Finding]) -> str:
    """Reliability and validity of what each proxy ranks by, of the proxy with the most blocks first; and in another space."""
    figures = []
    for item in sorted(ranking(found), key=lambda item: (-item.blocks, item.proxy)):
        said = f"of {item.metric} {item.reliability} on {item.proxy} ({item.blocks:,} blocks{_of(item)}, {item.seeds} seeds"
        said += "" if item.validity is None else f"; validity {item.validity} against {item.reference}"
        for other in others:
            if other.proxy == item.proxy:
                said += f"; {other.reliability} for {other.blocks:,} blocks{_of(other)}, {other.seeds} seeds"
        figures.append(f"{said})")
    return f"sase-bench: reliability {'; '.join(figures)}" if figures else "sase-bench: reliability not measured"


def _sureness(table: duckdb.DuckDBPyConnection, found: Sequence[Finding]) -> Iterator[str]:
    """What the first line means for each block: most have fewer seeds than the panel that it is of."""
    lines = list(groups(table, found))
    if lines:
        yield from ("The first line is of the blocks that were judged. A block's mean is as sure as its seeds make it:",)
        yield from ("", *lines, "")


def _files(table: duckdb.DuckDBPyConnection, shelf: Shelf, folder: Path) -> Iterator[str]:
    relation = "read_parquet(?, filename := true)"
    names = [str(path) for path in shelf.files]
    rows = table.execute(
        f"SELECT filename, proxy, count(*), sum(len(curve)) FROM {relation} GROUP BY ALL ORDER BY ALL", [names]
    ).fetchall()
    sizes = {str(path): path.stat().st_size for path in shelf.files}
    yield from _table(
        ("file", "bytes", "proxy", "runs", "epochs"),
        [
            (f"`{shelf.name_of(Path(name))}`", f"{sizes[name]:,}", proxy, f"{runs:,}", f"{points:,}")
            for name, proxy, runs, points in rows
        ],
    )
    if beside := files_beside(folder):
        yield from ("", "Beside the runs:", "")
        rows = [(f"`{shelf.name_of(path)}`", f"{path.stat().st_size:,}", what) for path, what in beside.items()]
        yield from _table(("file", "bytes", "what"), rows)
    yield from ("", *READING)


def _asked(folder: Path, question: str) -> Iterator[str]:
    yield from (f'`python -m sase_bench.query "{question}" --db database`', "", render(ask(question, db=folder), "md"))


def _published(table: duckdb.DuckDBPyConnection, folder: Path) -> Iterator[str]:
    query = "SELECT proxy FROM runs WHERE arch = ? AND status = 'ok' GROUP BY proxy ORDER BY proxy"
    proxies = [name for (name,) in table.execute(query, [SASE_BLOCK.index]).fetchall()]
    for name in proxies:
        yield from _asked(folder, f"rank {SASE_BLOCK.index} by {ranking_metric(name).name} on {name}")
    if not proxies:
        yield f"Block {SASE_BLOCK.index} ({SASE_BLOCK}) has not been measured."


def _modules(table: duckdb.DuckDBPyConnection, folder: Path) -> Iterator[str]:
    found = table.execute("SELECT DISTINCT proxy FROM module_runs WHERE status = 'ok' ORDER BY proxy").fetchall()
    if not found:
        yield "None has been trained yet (`python -m sase_bench.sweep --plan modules`)."
        return
    yield "`none` is the trunk without attention; `gain` is over it, larger is better, by all runs of the table, without what"
    yield "a seed does to all alike: `compare` goes by the seeds that two share instead, and may differ a little. `sase` is the"
    yield "published block."
    for (name,) in found:
        yield from ("", *_asked(folder, f"modules by {ranking_metric(name).name} on {name}"))
        yield from _beside(folder, name)


def _beside(folder: Path, proxy: str) -> Iterator[str]:
    """What the best block costs in the trunk beside the module that is next to it in what the proxy ranks by."""
    metric = ranking_metric(proxy)
    best = next(
        (
            record[f"best_{metric.val_column}_arch"]
            for record in ask("summary", db=folder).records()
            if record["proxy"] == proxy
        ),
        None,
    )
    if best is None:
        return
    (block,) = ask(f"top 1 by {metric.name} on {proxy}", db=folder).records()
    value = block[metric.val_column]
    level = nearest(ask(f"modules by {metric.name} on {proxy}", db=folder).records(), value, metric.val_column)
    if level is None or level["params"] is None:
        return
    yield ""
    yield f"The best block, {block['arch']} ({_number(value)}), has {block['params']:,} parameters and"
    yield f"{block['flops']:,} FLOPs in the same trunk: {block['params'] / level['params']:.1f} times the parameters and"
    yield f"{block['flops'] / level['flops']:.1f} times the FLOPs of {level['module']}, the module next to it in {metric.name}."


def _of(item: Finding) -> str:
    return "" if item.space is None else f" of the {item.space} space"


def _reliability(found: Sequence[Finding]) -> Iterator[str]:
    other = {item.reference for item in found if item.reference} - {REFERENCE}
    reference = "".join(f" --reference {name}" for name in other)
    yield f"`python -m sase_bench.calibrate --measured --proxy all{reference}` on the merged table; all in `{CALIBRATIONS}`."
    yield ""
    yield from RULE.splitlines()
    yield "The bootstrap has no interval where 2.5 % of its draws or more are undefined."
    rows = [
        (
            f"{item.proxy}, {item.blocks:,} blocks{_of(item)} × {item.seeds} seeds",
            item.metric,
            str(item.icc),
            str(item.reliability),
            f"{item.validity} ({item.reference})" if item.validity is not None else "not measured",
            "-" if item.reference_blocks is None else f"{item.reference_blocks:,}",
        )
        for item in found
    ]
    yield ""
    yield from _table(("proxy", "metric", "ICC of a run", "reliability of the mean", "validity", "n"), rows)
    if not found:
        yield "No proxy has been measured with two seeds."


def _price(found: Sequence[Finding], others: Sequence[Finding]) -> Iterator[str]:
    """What compute would bring the reliability that a table should have."""
    yield f"For a reliability of R = {_WANTED}, the mean of a block takes R (1 − ICC) / ((1 − R) ICC) seeds"
    yield "(Spearman-Brown). Hours are those seeds × 2,401 tied blocks × the median seconds (training and evaluation) of the"
    yield "runs that were judged, one core each, as they were measured: seeds of a block trained together as here, on a machine"
    yield "that did other work besides, with nothing that fails or is made twice. The estimate is as uncertain as the ICC: in"
    yield "brackets what both ends of its interval give. Where tied blocks were judged by themselves the ICC is theirs; else it"
    yield "is assumed that they differ as much as the blocks that were judged."
    tied = {item.proxy: item for item in others if item.space == "tied"}
    rows: list[tuple[str, ...]] = []
    for item in (tied.get(item.proxy, item) for item in ranking(found)):
        judged = f"{item.blocks:,} blocks{_of(item)}"
        if not item.icc.value > 0:
            rows.append((item.proxy, item.metric, judged, "no number of seeds, as far as these runs tell", *["-"] * 4))
            continue
        blocks = len(Space("tied"))
        seeds, fewest, most = (seeds_for(_WANTED, share) for share in (item.icc.value, item.icc.high, item.icc.low))
        assert seeds is not None
        hours = [None if count is None else blocks * count * item.seconds / 3600 for count in (seeds, fewest, most)]
        span = " to ".join("no end" if value is None else f"{value:,.0f}" for value in hours[1:])
        figures = f"{item.seconds:,.1f}", f"{item.runs:,}", f"{seeds * blocks:,}", f"{hours[0]:,.0f} [{span}]"
        rows.append((item.proxy, item.metric, judged, f"{seeds:,}", *figures))
    yield ""
    made = ("seeds a block", "seconds a run", "median of runs", "runs to make")
    heads = ("proxy", "metric", "judged", *made, "hours of one core for the 2,401 tied blocks")
    yield from _table(heads, rows)


def _noise(folder: Path) -> Iterator[str]:
    yield "The standard deviation of one run of a block, beside what its seed does to all blocks, and the true place of the"
    yield "block that looks best: the answer to `rank ARCH by METRIC on PROXY`. It looks best by luck, too, and the interval"
    yield "allows for that: it is drawn from the distribution that true scores have (`sase_bench.statistics.places`)."
    yield "The deviation is that of all blocks together; they differ in it, and intervals go by the noise of each"
    yield "(`sase_bench.statistics.variances`)."
    rows: list[tuple[str, ...]] = []
    for record in ask("summary", db=folder).records():
        for column in OBJECTIVES:
            best = record[f"best_{column}_arch"]
            if best is None:
                continue
            (rank,) = ask(f"rank {best} by {column} on {record['proxy']}", db=folder).records()
            place = "not known" if rank["place_low"] is None else f"{rank['place_low']} to {rank['place_high']} of {rank['of']}"
            rows.append((str(record["proxy"]), column, str(best), _number(rank["value"]), _number(rank["seed_sd"]), place))
    yield ""
    yield from _table(("proxy", "metric", "best block", "its mean", "sd of a run", "its true place, 95 %"), rows)


def _verification(table: duckdb.DuckDBPyConnection, folder: Path) -> Iterator[str]:
    rows = read_verification(folder)
    if not rows:
        yield f"No row has been trained again yet (`python -m sase_bench.release verify` writes `{VERIFICATION}`)."
        return
    first = known_in_order(table, folder)
    yield f"Rows drawn at random and trained again by `python -m sase_bench.release verify`; `{VERIFICATION}` has each."
    yield f"The first {first} of the table, in the order that seed 0 gives, are among them; the others were drawn while it was"
    yield "smaller. With the device, the torch version and the code of a row the differences are 0. Elsewhere rounding differs,"
    yield "and then a run differs as one with another seed would. Of a processor, rows made before 2026-11-30 tell the name"
    yield "alone, and some of one name round differently; `database/findings.md` tells which rows differed by other code."
    lines = []
    names = ("proxy", "path", "device", "torch_version", "again_path", "again_device", "again_torch_version")
    for key, group in groupby(
        sorted(rows, key=lambda row: [row[name] for name in names]), lambda row: [row[name] for name in names]
    ):
        members = list(group)
        ended = sum(row["status"] == row["again_status"] for row in members)
        differences = []
        for name in OBJECTIVES:
            values = [abs(float(row[f"{name}_difference"])) for row in members if row[f"{name}_difference"]]
            same, root = sum(value == 0 for value in values), math.sqrt(fmean(value**2 for value in values)) if values else 0.0
            told = f"{same} of {len(values)}, {_number(max(values))}, {_number(root)}" if values else "none to compare"
            differences.append(told)
        proxy, *made = key
        lines.append((proxy, ", ".join(made[:3]), ", ".join(made[3:]), f"{ended} of {len(members)}", *differences))
    yield ""
    compared = [f"same {name}, largest difference, root mean square" for name in OBJECTIVES]
    head = ("proxy", "made by", "again by", "ended the same way", *compared)
    yield from _table(head, lines)


def _splits(table: duckdb.DuckDBPyConnection) -> Iterator[str]:
    rows = table.execute("SELECT proxy, train_size, val_size, test_size, splits FROM proxies ORDER BY proxy").fetchall()
    yield "Images are numbered as their data set publishes them; a checksum is the SHA-256 of a part's numbers as little-endian"
    yield "64-bit integers in order. The same images for every block and every seed; the parts are disjoint."
    yield ""
    lines = []
    for proxy, *sizes, splits in rows:
        parts = json.loads(splits)
        for part, size in zip(("train", "val", "test"), sizes, strict=True):
            lines.append((proxy, part, f"{size:,}", f"`{parts[part]}`"))
    yield from _table(("proxy", "part", "images", "SHA-256"), lines)


def _hardware(table: duckdb.DuckDBPyConnection) -> Iterator[str]:
    names = ("proxy", "path", "device", "threads", "torch_version", "package_version", "git_revision")
    rows = table.execute(
        f"SELECT {', '.join(names)}, count(*), min(started_at), max(started_at) "
        "FROM (FROM runs UNION ALL FROM module_runs) GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    lines = [(*(str(value) for value in row[:7]), f"{row[7]:,}", row[8][:10], row[9][:10]) for row in rows]
    yield from _table((*names, "runs", "first", "last"), lines)


def _columns() -> Iterator[str]:
    yield "Of a shard; `curve` is a list with a structure for each epoch. What is missing was not measured, and not filled in."
    yield ""
    rows = [*_described("", COLUMNS), *_described("curve.", EPOCH_COLUMNS)]
    yield from _table(("column", "type", "unit", "better", "images", "what"), rows)


def _described(prefix: str, columns: Mapping[str, Column]) -> Iterator[tuple[str, ...]]:
    for name, column in columns.items():
        kind = column.sql_type + (" or missing" if column.nullable else "")
        yield f"`{prefix}{name}`", kind, column.unit, column.better or "", column.split or "", column.description


def _not_yet(found: Sequence[Finding]) -> Iterator[str]:
    """What the figures of this release themselves forbid."""
    for item in found:
        if item.metric in OBJECTIVES and not item.reliability.low > 0:
            why = f"the interval of its reliability, {item.reliability}, does not lie above 0"
            yield f"* **Not that {item.proxy} ranks blocks by {item.metric}**: {why}."


def _citations(shelf: Shelf) -> Iterator[str]:
    for name in sorted({proxy.dataset for proxy in shelf.proxies}):
        yield f"* {name}: {DATASETS[name].citation}."


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    if rows:
        yield markdown(head, [[str(cell) for cell in row] for row in rows]).rstrip()


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
