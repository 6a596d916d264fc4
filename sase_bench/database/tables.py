"""Another table as a source of runs: read as from a stranger, like a shard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb

from sase_bench.database.reader import connect
from sase_bench.database.refusals import refused
from sase_bench.database.rows import tables_in
from sase_bench.database.shards import read_shard, recipes_of, records_of, runs_sql
from sase_bench.errors import RequestError
from sase_bench.record import Record

__all__ = ["is_table", "proxies_at", "read_runs"]

_MAGIC = slice(8, 12), b"DUCK"  # where a DuckDB file says what it is


def is_table(path: Path) -> bool:
    """Whether the file at `path` is a DuckDB file; nothing is said of one that cannot be read."""
    place, word = _MAGIC
    try:
        with path.open("rb") as file:
            return file.read(place.stop)[place] == word
    except OSError:
        return False


def read_runs(path: Path) -> Iterator[Record | RequestError]:
    """Each run of a shard, or of blocks and published modules in a table, or why a row is none.

    Raises `RequestError` for a file that is neither, or of another version.
    """
    if not is_table(path):
        yield from read_shard(path)
        return
    with connect(path) as connection:
        try:
            for tables in tables_in(connection):
                yield from records_of(connection.execute(runs_sql(tables)))
        except duckdb.Error as error:
            raise refused(path, error) from error


def proxies_at(path: Path) -> list[str]:
    """The name of each proxy that a shard or a table has runs of."""
    if not is_table(path):
        return list(recipes_of(path))
    with connect(path) as connection:
        try:
            used = " UNION ".join(f"SELECT proxy FROM {runs}" for runs, _ in tables_in(connection))
            return [name for (name,) in connection.execute(f"{used} ORDER BY proxy").fetchall()]
        except duckdb.Error as error:
            raise refused(path, error) from error
