"""Shards: runs as Parquet files that travel between machines and make up the released table.

A shard has the columns of `runs` and a column `curve`, a list of the rows of `epochs`. Its metadata name the format and the
schema version and hold the recipes of its proxies. `SHA256SUMS` beside the shards has a line for each. Nothing in a shard
is trusted: every row passes the checks of `sase_bench.record`, and of `sase_bench.database.admission`, before it is taken.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from sase_bench.database.checksums import announce_sums, check_sums, write_sums
from sase_bench.database.rows import insert
from sase_bench.database.schema import schema_sql
from sase_bench.database.version import SCHEMA_VERSION
from sase_bench.errors import RequestError
from sase_bench.recipes.recipe import read_recipe
from sase_bench.record import COLUMNS, EPOCH_COLUMNS, KEY, Record

__all__ = [
    "be_quiet",
    "export",
    "keyed_records_of",
    "quoted",
    "read_shard",
    "recipes_in",
    "recipes_of",
    "records_of",
    "runs_sql",
]


def export(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    *,
    proxy: str | None = None,
    tables: tuple[str, str] = ("runs", "epochs"),
    seeds: Collection[int] | None = None,
    archs: Collection[int] | None = None,
) -> int:
    """Write the runs of an open table to a shard in order of their keys, and its checksum; a missing folder is made.

    `tables` are those of the runs and of their curves: the blocks', or the published modules'. Of one proxy, some seeds or some
    blocks and modules by index, or of all where None is given.

    Returns the number of runs; the same runs give the same bytes. Raises `RequestError` if none was chosen or can be written.
    """
    source, curves = tables
    of_proxy = "true" if proxy is None else f"proxy = '{quoted(proxy)}'"
    chosen = f"WHERE {of_proxy}{_among('seed', seeds)}{_among('arch', archs)}"
    is_choice = seeds is not None or archs is not None
    if is_choice and not connection.execute(f"SELECT 1 FROM {source} {chosen} LIMIT 1").fetchone():
        raise RequestError("there is no such run to export")
    recipes = dict(connection.execute(f"SELECT proxy, recipe FROM proxies WHERE {of_proxy} ORDER BY proxy").fetchall())
    meta = {"format": "sase-bench", "schema_version": str(SCHEMA_VERSION), "recipes": json.dumps(recipes)}
    entries = ", ".join(f"{key}: '{quoted(value)}'" for key, value in meta.items())
    fresh = path.with_name(path.name + ".new")
    with duckdb.connect() as writing:  # the table's own connection opens no other file
        be_quiet(writing)
        writing.execute(schema_sql())
        keyed = [*(COLUMNS[name] for name in KEY), *EPOCH_COLUMNS.values()]
        for name, into, columns in ((source, "runs", list(COLUMNS.values())), (curves, "epochs", keyed)):
            names = ", ".join(column.name for column in columns)
            insert(writing, into, columns, connection.execute(f"SELECT {names} FROM {name} {chosen}").fetchall())
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            rows = writing.execute(
                f"COPY ({runs_sql(('runs', 'epochs'))}) TO '{quoted(fresh)}' "
                f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{entries}}})"
            ).fetchone()
        except OSError as error:
            raise RequestError(f"cannot write {str(path)!r}: {error.strerror}") from error
        except duckdb.IOException as error:
            raise RequestError(f"cannot write {str(path)!r} ({str(error).splitlines()[0]})") from error
    announce_sums([(path.name, fresh)])
    fresh.replace(path)
    write_sums(path.parent)
    return int(rows[0]) if rows else 0


def runs_sql(tables: tuple[str, str]) -> str:
    """The rows of a shard, with their curves, as a question to a table; `tables` as in `export`."""
    source, curves = tables
    runs, key = ", ".join(f"runs.{name}" for name in COLUMNS), ", ".join(KEY)
    point = ", ".join(f"{name} := {name}" for name in EPOCH_COLUMNS)
    return f"""
        SELECT {runs}, coalesce(curve, []) AS curve FROM {source} AS runs
        LEFT JOIN (SELECT {key}, list(struct_pack({point}) ORDER BY epoch) AS curve FROM {curves} GROUP BY ALL) USING ({key})
        ORDER BY proxy, seed, arch
    """


def _among(name: str, numbers: Collection[int] | None) -> str:
    return "" if numbers is None else f" AND {name} IN ({', '.join(map(str, numbers))})"


def read_shard(path: Path) -> Iterator[Record | RequestError]:
    """Each run of a shard, or why a row is none. Raises `RequestError` if the file is not a shard of this version."""
    with _open(path) as connection:
        yield from records_of(connection.execute(f"SELECT * FROM read_parquet('{quoted(path)}')"))


def records_of(rows: duckdb.DuckDBPyConnection) -> Iterator[Record | RequestError]:
    """Each run of an answer with the columns of a shard, or why a row is none."""
    return (record for _, record in keyed_records_of(rows))


def keyed_records_of(rows: duckdb.DuckDBPyConnection) -> Iterator[tuple[tuple[Any, ...], Record | RequestError]]:
    """As `records_of`, with the values of `KEY` in front."""
    names = [column[0] for column in rows.description or []]
    while row := rows.fetchone():
        values = dict(zip(names, row, strict=True))
        yield tuple(values.get(name) for name in KEY), _record(values)


def recipes_of(path: Path) -> dict[str, dict[str, Any]]:
    """The recipe of each proxy that a shard has runs of, by name."""
    with _open(path) as connection:
        return recipes_in(connection, path)


def recipes_in(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, dict[str, Any]]:
    """`recipes_of` by an open connection, whatever database it is of; the checksum is not looked at."""
    with _in_words(path):
        decoded = "SELECT decode(key), decode(value)"
        meta = dict(connection.execute(f"{decoded} FROM parquet_kv_metadata('{quoted(path)}')").fetchall())
    if meta.get("format") != "sase-bench" or meta.get("schema_version") != str(SCHEMA_VERSION):
        raise RequestError(f"{str(path)!r} is not a shard of schema {SCHEMA_VERSION}")
    try:
        recipes = {name: json.loads(recipe) for name, recipe in json.loads(meta["recipes"]).items()}
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise RequestError(f"{str(path)!r} does not say with which recipes its runs were made") from error
    for name, recipe in recipes.items():
        read_recipe(name, recipe)  # which refuses it
    return recipes


def be_quiet(connection: duckdb.DuckDBPyConnection) -> None:
    """No progress bar on stdout: under `python -m` DuckDB takes a program for a person at a prompt."""
    connection.execute("SET enable_progress_bar = false")


@contextmanager
def _open(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    check_sums(path)
    with duckdb.connect() as connection:
        be_quiet(connection)
        recipes_in(connection, path)
        with _in_words(path):
            yield connection


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise RequestError(f"{str(path)!r} cannot be read as Parquet ({str(error).splitlines()[0]})") from error


def _record(row: dict[str, object]) -> Record | RequestError:
    try:
        curve = [] if row.get("curve") is None else row["curve"]
        if not isinstance(curve, list):
            raise RequestError(f"the column curve takes a list of epochs, got {str(curve)[:40]!r}")
        return Record.from_rows(row, curve)
    except (RequestError, TypeError, AttributeError) as error:
        return RequestError(str(error))


def quoted(text: object) -> str:
    """`text` for use between single quotes in SQL."""
    return str(text).replace("'", "''")
