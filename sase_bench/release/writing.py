"""From the shards on a shelf to everything else on it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from itertools import groupby
from pathlib import Path

from sase_bench import cli
from sase_bench.answers import Answer, render
from sase_bench.calibrate import Finding, judge
from sase_bench.cost import DEFAULT_TRUNKS
from sase_bench.database.check import LARGEST, check_shelf
from sase_bench.database.checksums import SUMS, remove_listed, write_sums
from sase_bench.database.latencies import SLOT_SECONDS, content
from sase_bench.database.schema import schema_sql
from sase_bench.database.shelf import CALIBRATIONS, open_shelf, read_shelf
from sase_bench.database.version import MODULES_FOLDER
from sase_bench.errors import RequestError
from sase_bench.files import write_json, write_text
from sase_bench.latency.checks import read_checks
from sase_bench.latency.filling import slot_seconds_of
from sase_bench.latency.timings import Setting, read_timings
from sase_bench.release.beside import files_beside
from sase_bench.release.card import card
from sase_bench.release.croissant import croissant
from sase_bench.release.verification import VERIFICATION

__all__ = ["CARD", "CROISSANT", "SCHEMA", "write"]

CARD, CROISSANT, SCHEMA = "DATACARD.md", "croissant.json", "schema.sql"
_say = partial(cli.say, "release")


def write(folder: Path, *, reference: str | None = None) -> list[Path]:
    """Write the files that follow from the shards in `folder`, and give their paths; the same shards give the same bytes.

    Validity is measured against the proxy `reference`. Raises `RequestError` if the shelf is not whole or too large.
    """
    if not folder.is_dir():
        raise RequestError(f"there is no folder {str(folder)!r} with shards")
    shelf = read_shelf(folder)
    _say(f"reading every row of {len(shelf.files)} shards")
    problems = [f"{path}: {problem}" for path, found in check_shelf(folder).items() for problem in found if _is_input(path)]
    if problems:
        raise RequestError(f"{problems[0]} ({len(problems)} problems in all; python -m sase_bench.database check {folder})")
    with open_shelf(shelf) as table:
        if reference is not None and reference not in [proxy.name for proxy in shelf.proxies]:
            raise RequestError(f"the reference {reference!r} has no runs on the shelf")
        found = []
        for findings in judge(table, reference):
            _say(f"{findings[0].proxy}: {findings[0].blocks} blocks judged")
            found += findings
    _write_calibrations(folder / CALIBRATIONS, found)
    _write_slot_seconds(folder)
    write_text(folder / SCHEMA, schema_sql())
    write_text(folder / CARD, card(folder, found))
    others, beside = [name for name in (CALIBRATIONS, VERIFICATION) if (folder / name).is_file()], files_beside(folder)
    described = croissant(shelf, [*(folder / name for name in others), *beside])
    write_json(folder / CROISSANT, described, ensure_ascii=False)
    written = [*others, SCHEMA, CARD, CROISSANT]
    write_sums(folder, written)
    if shelf.modules:
        write_sums(folder / MODULES_FOLDER)
    for place, paths in groupby(beside, key=lambda path: path.parent):
        write_sums(place, [path.name for path in paths])
    total = sum(path.stat().st_size for path in [*(folder / name for name in (*written, SUMS)), *shelf.files, *beside])
    if total > LARGEST:
        raise RequestError(f"the files of {str(folder)!r} have {total:,} bytes, more than the {LARGEST:,} of a release")
    return [folder / name for name in sorted({*written, SUMS})]


def _is_input(path: Path) -> bool:
    """Whether a problem of the file matters: all but the shards is about to be written."""
    return (path.suffix == ".parquet" and path.parent.name != SLOT_SECONDS.parent.name) or path.is_dir()


def _write_slot_seconds(folder: Path) -> None:
    """The latencies of all blocks in the networks whose parts were timed as `latency` times them by default."""
    latency = folder / SLOT_SECONDS.parent
    timings = read_timings(latency / "operations.parquet")
    if not timings:
        return
    checks, found = read_checks(latency / "check.parquet"), []
    for trunk in DEFAULT_TRUNKS:
        with suppress(RequestError):  # not all of its parts were timed
            found.append(slot_seconds_of(trunk, timings, checks, Setting()))
    if found:
        write_json(folder / SLOT_SECONDS, content(found))
    else:
        remove_listed(folder / SLOT_SECONDS)


def _write_calibrations(path: Path, found: Sequence[Finding]) -> None:
    rows = [finding.row() for finding in found]
    if not rows:
        path.unlink(missing_ok=True)
        return
    write_text(path, render(Answer.of(rows), "csv"))
