"""Opening a table, or a shelf as a table, to read it."""

import os
import shlex
from pathlib import Path

import duckdb

from sase_bench.database.migrations import version_of
from sase_bench.database.refusals import refused
from sase_bench.database.shards import be_quiet
from sase_bench.database.shelf import DEFAULT_SHELF, find_released, is_shelf, open_shelf, read_shelf
from sase_bench.database.version import DEFAULT_TABLE, SCHEMA_VERSION
from sase_bench.errors import RequestError

__all__ = ["DEFAULT_TABLE", "connect", "default_source", "open_file", "released"]


def connect(path: Path) -> duckdb.DuckDBPyConnection:
    """A read-only connection to the table at `path`, as it was last published; later publications do not change it.

    A folder of shards, or one shard, is opened as a table in memory.
    Raises `RequestError` with the way out for a file that is missing, damaged, of another kind, too old or too new.
    """
    try:
        there = path.exists()
    except OSError as error:  # a name that is too long, a folder that may not be entered
        raise RequestError(f"cannot look at {str(path)[:200]!r}: {error.strerror}") from error
    if not there:
        raise RequestError(
            f"there is no table {str(path)!r}; make one with: python -m sase_bench.sweep --db {shlex.quote(str(path))}"
        )
    if is_shelf(path):
        return open_shelf(read_shelf(path))
    connection = open_file(path)
    try:
        if version_of(connection, path) < SCHEMA_VERSION:
            raise RequestError(
                f"{str(path)!r} has an older schema; bring it up with: python -m sase_bench.database migrate {path}"
            )
    except RequestError:
        connection.close()
        raise
    return connection


def default_source() -> Path:
    """What to read where nothing else is said: the table of the working directory, or else the released one if there is one."""
    return DEFAULT_TABLE if DEFAULT_TABLE.exists() else find_released() or DEFAULT_TABLE


def released() -> Path:
    """Where the released table is. Raises `RequestError` that names what there is instead."""
    path = find_released()
    if path is None:
        way_out = f"name it: {str(DEFAULT_TABLE)!r}" if DEFAULT_TABLE.exists() else "make one: python -m sase_bench.sweep"
        raise RequestError(
            f"there is no released table, neither in the installed package nor in {str(DEFAULT_SHELF)!r} of the working "
            f"directory; a table of your own will do, {way_out}"
        )
    return path


def open_file(path: Path, *, read_only: bool = True) -> duckdb.DuckDBPyConnection:
    """A connection to any DuckDB file, with DuckDB's errors in words a user can act on.

    It reads this file and no other: what a stranger wrote into its views and macros stays without effect.
    """
    try:
        connection = duckdb.connect(path, read_only=read_only)
        be_quiet(connection)
        connection.execute("SET enable_external_access = false")
        return connection
    except UnicodeEncodeError as error:
        raise RequestError(f"the name {os.fsencode(path)!r} is not valid UTF-8; rename the file") from error
    except duckdb.Error as error:
        if path.is_dir():
            raise RequestError(f"{str(path)!r} is a folder, not a table") from error
        raise refused(path, error) from error
