"""`calibrations.csv` beside shards: the rows of the table `calibrations`, read as from a stranger."""

from __future__ import annotations

import csv
import math
from collections.abc import Container, Iterator, Sequence
from pathlib import Path

import duckdb

from sase_bench.errors import RequestError, unknown

__all__ = ["CALIBRATIONS", "add_calibrations"]

CALIBRATIONS = "calibrations.csv"

_NUMBERS = {"BIGINT": int, "DOUBLE": float}


def add_calibrations(connection: duckdb.DuckDBPyConnection, path: Path, proxies: Container[str]) -> None:
    """Enter the rows of the file at `path` for these proxies into the current database's table.

    Raises `RequestError` that names the file if it is anything but UTF-8, or has other columns or values than the table.
    """
    try:
        described = connection.execute("DESCRIBE calibrations").fetchall()
        types = {name: kind for name, kind, *_ in described}
        needed = [name for name, _, nullable, *_ in described if nullable == "NO"]
        with path.open(newline="", encoding="utf-8") as file:
            for row in _rows(csv.reader(file), types, needed):
                if row["proxy"] in proxies:
                    names = ", ".join(f"${name} AS {name}" for name in row)
                    connection.execute(f"INSERT INTO calibrations BY NAME SELECT {names}", row)
    except (OSError, UnicodeDecodeError, csv.Error, duckdb.Error, RequestError) as error:
        reason = str(error).splitlines()[0]
        way_out = f"remove it; python -m sase_bench.release --shelf {path.parent} writes it again"
        raise RequestError(f"{str(path)!r} cannot be read as calibrations ({reason}); {way_out}") from error


def _rows(lines: Iterator[list[str]], types: dict[str, str], needed: Sequence[str]) -> Iterator[dict[str, object]]:
    header = next(lines, [])
    for name in header:
        if name not in types:
            raise unknown("column", name, types)
        if header.count(name) > 1:
            raise RequestError(f"the column {name} is there {header.count(name)} times")
    missing = [name for name in needed if name not in header]
    if missing:
        raise RequestError(f"there is no column {', '.join(missing)}")
    for number, cells in enumerate(lines, 2):
        if len(cells) != len(header):
            raise RequestError(f"row {number} has {len(cells)} values for {len(header)} columns")
        row = {name: _value(name, cell, types[name]) for name, cell in zip(header, cells, strict=True)}
        for name in needed:
            if row[name] is None:
                raise RequestError(f"row {number} has no {name}")
        yield row


def _value(name: str, cell: str, kind: str) -> object:
    if not cell or kind not in _NUMBERS:
        return cell or None
    try:
        value = _NUMBERS[kind](cell)
        is_number = math.isfinite(value)
    except (ValueError, OverflowError):
        is_number = False
    if not is_number:
        raise RequestError(f"the column {name} takes a {'whole ' if kind == 'BIGINT' else ''}number, got {cell[:40]!r}")
    return value
