"""Runs on their way into an open table and out of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

from sase_bench.database.dimensions import add_modules
from sase_bench.database.schema import BLOCK_TABLES, MODULE_TABLES
from sase_bench.record import COLUMNS, EPOCH_COLUMNS, KEY, Column, Key, Record
from sase_bench.samples import representative

__all__ = [
    "has_modules",
    "insert",
    "insert_runs",
    "keys_in",
    "largest_proxy",
    "read_record",
    "read_records",
    "seeds_with",
    "tables_in",
]


def keys_in(connection: duckdb.DuckDBPyConnection, *, status: str | None = None) -> list[Key]:
    """The (arch, proxy, seed) of every run in an open table, of blocks and of published modules; or of those with a status."""
    chosen = "" if status is None else "WHERE status = $status"
    parts = (f"SELECT {', '.join(KEY)} FROM {runs} {chosen}" for runs, _ in tables_in(connection))
    return connection.execute(" UNION ALL ".join(parts), {} if status is None else {"status": status}).fetchall()


def tables_in(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Where an open table has runs, and their curves: blocks, and published modules if there are any."""
    return [BLOCK_TABLES, *([MODULE_TABLES] if has_modules(connection) else [])]


def has_modules(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether an open table has the tables of published modules; one from before there were any has not."""
    question = "SELECT 1 FROM duckdb_tables() WHERE table_name = ? UNION ALL SELECT 1 FROM duckdb_views() WHERE view_name = ?"
    return connection.execute(question, [MODULE_TABLES[0]] * 2).fetchone() is not None


def largest_proxy(connection: duckdb.DuckDBPyConnection, space: str = "full") -> str | None:
    """The proxy on which the most blocks that stand for `space` have runs; None where there are none.

    Of equals that with more blocks, then that with more runs, then by name.
    """
    counted = "SELECT proxy, list(DISTINCT arch), count(*) FROM runs GROUP BY proxy ORDER BY proxy"
    found = [(str(proxy), set(archs), runs) for proxy, archs, runs in connection.execute(counted).fetchall()]
    if len(found) > 1:
        found.sort(key=lambda item: (-len(representative(item[1], space)), -len(item[1]), -item[2]))
    return found[0][0] if found else None


def read_record(connection: duckdb.DuckDBPyConnection, key: Key) -> Record | None:
    """The run with this key in an open table."""
    return read_records(connection, [key]).get(key)


def read_records(connection: duckdb.DuckDBPyConnection, keys: Sequence[Key]) -> dict[Key, Record]:
    """The runs with these keys in an open table, those that are there; many of them take little longer than one."""
    found: dict[Key, Record] = {}
    for runs, curves in tables_in(connection):
        chosen = f"WHERE ({', '.join(KEY)}) IN (SELECT unnest(?::BIGINT[]), unnest(?::VARCHAR[]), unnest(?::BIGINT[]))"
        asked = [list(part) for part in zip(*keys, strict=True)] or [[], [], []]
        rows = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM {runs} {chosen}", asked).fetchall()
        points: dict[Key, list[dict[str, Any]]] = {}
        told = f"SELECT {', '.join((*KEY, *EPOCH_COLUMNS))} FROM {curves} {chosen} ORDER BY epoch"
        for arch, proxy, seed, *values in connection.execute(told, asked).fetchall():
            points.setdefault((arch, proxy, seed), []).append(dict(zip(EPOCH_COLUMNS, values, strict=True)))
        for row in rows:
            columns = dict(zip(COLUMNS, row, strict=True))
            key = columns["arch"], columns["proxy"], columns["seed"]
            found[key] = Record.from_rows(columns, points.get(key, []))
    return found


def seeds_with(connection: duckdb.DuckDBPyConnection, record: Record) -> list[int]:
    """The seeds that were trained together with a run, its own among them: unless the path is `eager` they share its start."""
    if record.path == "eager":
        return [record.seed]
    rows = connection.execute(
        "SELECT seed FROM runs WHERE arch = ? AND proxy = ? AND path = ? AND started_at = ? ORDER BY seed",
        [record.arch, record.proxy, record.path, record.started_at],
    ).fetchall()
    return [seed for (seed,) in rows]


def insert_runs(connection: duckdb.DuckDBPyConnection, tables: tuple[str, str], records: Sequence[Record]) -> None:
    """Insert runs and their curves into these tables, in place of failed ones; the tables of modules are made where missing."""
    if tables == MODULE_TABLES:
        add_modules(connection)
    runs, curves = tables
    failed = {*keys_in(connection, status="failed")} & {record.key for record in records}
    for table in tables if failed else ():
        connection.executemany(f"DELETE FROM {table} WHERE arch = ? AND proxy = ? AND seed = ?", sorted(failed))
    insert(connection, runs, list(COLUMNS.values()), [record.row() for record in records])
    epochs = [row for record in records for row in record.epoch_rows()]
    insert(connection, curves, [*(COLUMNS[name] for name in KEY), *EPOCH_COLUMNS.values()], epochs)


def insert(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[Column], rows: list[tuple[object, ...]]
) -> None:
    """Insert column by column: a hundred times faster than row by row.

    Rows that are there are left alone: an interrupt may have come between putting the table in place and forgetting the rows.
    """
    if rows:
        values = dict(zip((column.name for column in columns), map(list, zip(*rows, strict=True)), strict=True))
        unnested = ", ".join(f"unnest(${column.name}::{column.sql_type}[])" for column in columns)
        connection.execute(f"INSERT OR IGNORE INTO {table} SELECT {unnested}", values)
