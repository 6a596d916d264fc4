"""Random rows of the released table, trained again: `verification.csv`.

A line is written as soon as its run has ended, so a verification that was stopped goes on where it was. A line holds for the
row as it is in the shards: if that has changed since, it is trained again.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

import duckdb

from sase_bench import cli
from sase_bench.benchmark.verification import Verification, train_again
from sase_bench.database.rows import read_records, seeds_with
from sase_bench.database.shelf import open_shelf, read_shelf
from sase_bench.errors import RequestError, needing, unknown
from sase_bench.files import replacing
from sase_bench.recipes.registry import find
from sase_bench.record import KEY, OBJECTIVES, Key, Record

__all__ = ["COLUMNS", "VERIFICATION", "keys_in_order", "known_in_order", "read_verification", "verify_rows"]

#: The file beside the shards.
VERIFICATION = "verification.csv"

_TOLD = ("status", "path", "device", "torch_version", *OBJECTIVES)

#: The key, the row as it is in the table, the row as it came out again, and new minus old.
COLUMNS = (*KEY, *_TOLD, *(f"again_{name}" for name in _TOLD), *(f"{name}_difference" for name in OBJECTIVES))


def verify_rows(
    shelf: Path, *, count: int, seed: int, proxy: str | None = None, folder: Path | None = None, device: str = "auto"
) -> list[dict[str, str]]:
    """Train `count` rows of the shelf again, and write `verification.csv` beside them: the first in the order by `seed`.

    Every row is as likely to be among the first as any other, and more rows do not change the order of these. Gives the lines
    of the rows. The file keeps what was verified before, unless that row of the shelf is another by now.
    `folder` has the data sets. Raises `RequestError` for a request that cannot be met, such as more rows than there are.
    """
    known, done = _draw(shelf, count, seed, proxy)
    path = shelf / VERIFICATION
    left = [(record, seeds) for record, seeds in known if record.key not in done]
    _write(path, done)
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        for record, again in _again(left, folder, device, before=len(known) - len(left)):
            row = done[record.key] = _line(record) | _outcome(Verification(record, again))
            writer.writerow(row)
            file.flush()
    _write(path, done)
    return [done[record.key] for record, _ in known]


def read_verification(shelf: Path) -> list[dict[str, str]]:
    """The lines of `verification.csv` that are whole; none if there is no such file."""
    path = shelf / VERIFICATION
    if not path.is_file():
        return []
    with path.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if set(row) == set(COLUMNS) and None not in row.values()]
    return [row for row in rows if row["arch"].isdecimal() and row["seed"].isdecimal()]


def known_in_order(table: duckdb.DuckDBPyConnection, shelf: Path) -> int:
    """How many rows of an open table, from the first in the order of seed 0 on, were trained again as they are."""
    verified = _verified(table, shelf)
    return sum(1 for _ in takewhile(verified.__contains__, keys_in_order(table, 0)))


def _verified(table: duckdb.DuckDBPyConnection, shelf: Path) -> dict[Key, dict[str, str]]:
    """The lines, by key, of rows that are in an open table as they were verified."""
    lines = {(int(row["arch"]), row["proxy"], int(row["seed"])): row for row in read_verification(shelf)}
    there = read_records(table, list(lines))
    return {key: row for key, row in lines.items() if key in there and row.items() >= _line(there[key]).items()}


def keys_in_order(table: duckdb.DuckDBPyConnection, seed: int) -> list[Key]:
    """The runs of blocks in an open table in an order by chance, that of their hashes under `seed`."""
    keys: list[Key] = table.execute("SELECT arch, proxy, seed FROM runs").fetchall()
    return sorted(keys, key=lambda key: hashlib.sha256("/".join(map(str, (seed, *key))).encode()).digest())


def _draw(
    shelf: Path, count: int, seed: int, proxy: str | None
) -> tuple[list[tuple[Record, list[int]]], dict[Key, dict[str, str]]]:
    """The rows to be trained again, in order, with the seeds they were trained with; and all verified ones by key."""
    opened = read_shelf(shelf)
    names = [item.name for item in opened.proxies]
    if proxy is not None and proxy not in names:
        raise unknown("proxy", proxy, names)
    with open_shelf(opened) as table:
        keys = [key for key in keys_in_order(table, seed) if proxy in (None, key[1])]
        if not 1 <= count <= len(keys):
            raise RequestError(f"there are {len(keys)} rows to draw from, {count} were asked for")
        drawn = sorted(keys[:count], key=lambda key: (key[1], key[0], key[2]))
        there = read_records(table, drawn)
        return [(there[key], seeds_with(table, there[key])) for key in drawn], _verified(table, shelf)


def _again(known: Sequence[tuple[Record, list[int]]], folder: Path | None, device: str, before: int) -> Any:
    """Pairs of a row and the same run made now, with a progress bar."""
    if not known:
        return
    with needing("training", "train"):
        from sase_bench.machine.processor import resolve_device
        from sase_bench.proxies.datasets import load
    where = resolve_device(device)
    name, data = "", None
    trained: dict[tuple[object, ...], dict[int, Record]] = {}  # the runs that were last trained together
    with cli.progress(before + len(known), initial=before, name="verify", unit="run") as bar:
        for record, seeds in known:
            if name != record.proxy:
                name, data = record.proxy, load(find(record.proxy), folder).to(where)
            together = (record.arch, record.proxy, record.path, *seeds)
            if together not in trained:
                trained = {together: train_again(record, seeds, device=str(where), data=data, threads=record.threads)}
            bar.set_postfix_str(f"{name} {record.arch}", refresh=False)
            bar.update()
            yield record, trained[together][record.seed]


def _line(record: Record) -> dict[str, str]:
    return {name: _text(getattr(record, name)) for name in (*KEY, *_TOLD)}


def _outcome(done: Verification) -> dict[str, str]:
    again = {f"again_{name}": _text(getattr(done.again, name)) for name in _TOLD}
    return again | {f"{name}_difference": _text(value) for name, value in done.differences.items()}


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _write(path: Path, done: dict[Key, dict[str, str]]) -> None:
    rows = sorted(done.values(), key=lambda row: (row["proxy"], int(row["arch"]), int(row["seed"])))
    with replacing(path) as fresh, fresh.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
