"""Opening a table to read it."""

import os
from pathlib import Path

import duckdb

from sase_bench.database.schema import version_of
from sase_bench.database.version import SCHEMA_VERSION
from sase_bench.errors import RequestError

__all__ = ["DEFAULT_TABLE", "connect", "open_file"]

#: The table that a sweep fills and a query asks where nothing else is said, relative to the working directory.
DEFAULT_TABLE = Path("sase-bench.duckdb")


def connect(path: Path) -> duckdb.DuckDBPyConnection:
    """A read-only connection to the table at `path`, as it was last published; later publications do not change it.

    Raises `RequestError` with the way out for a file that is missing, damaged, of another kind, too old or too new.
    """
    try:
        there = path.exists()
    except OSError as error:  # a name that is too long, a folder that may not be entered
        raise RequestError(f"cannot look at {str(path)[:200]!r}: {error.strerror}") from error
    if not there:
        raise RequestError(f"there is no table {str(path)!r}; make one with: python -m sase_bench.sweep --db {path}")
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


def open_file(path: Path, *, read_only: bool = True) -> duckdb.DuckDBPyConnection:
    """A connection to any DuckDB file, with DuckDB's errors in words a user can act on."""
    try:
        return duckdb.connect(path, read_only=read_only)
    except UnicodeEncodeError as error:
        raise RequestError(f"the name {os.fsencode(path)!r} is not valid UTF-8; rename the file") from error
    except duckdb.Error as error:
        first = str(error).splitlines()[0]
        if "lock" in first.lower():
            raise RequestError(f"{str(path)!r} is open for writing in another program; close it there ({first})") from error
        if path.is_dir():
            raise RequestError(f"{str(path)!r} is a folder, not a table") from error
        raise RequestError(f"{str(path)!r} cannot be read as a DuckDB file ({first})") from error
