"""From the version that a file has to that of this program, step by step."""

from collections.abc import Callable
from pathlib import Path

import duckdb

from sase_bench.database.refusals import refused
from sase_bench.database.version import SCHEMA_VERSION
from sase_bench.errors import RequestError

__all__ = ["MIGRATIONS", "migrate", "version_of"]

#: What turns a table of the version that is the key into the next one.
MIGRATIONS: dict[int, Callable[[duckdb.DuckDBPyConnection], None]] = {}


def version_of(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    """The schema version of an open table. Raises `RequestError` for a file that is none, or that a newer program made."""
    try:
        about = dict(connection.execute("SELECT key, value FROM about").fetchall())
    except (duckdb.CatalogException, duckdb.BinderException):  # no such table, or one with other columns
        about = {}
    except duckdb.Error as error:
        raise refused(path, error) from error
    if about.get("format") != "sase-bench":
        raise RequestError(f"{str(path)!r} is a DuckDB file but not a sase-bench table; name another file with --db")
    written = str(about.get("schema_version"))
    if not (written.isascii() and written.isdecimal() and len(written) < 10):
        raise RequestError(f"{str(path)!r} is damaged: its schema version is a whole number, got {written[:40]!r}")
    version = int(written)
    if version < SCHEMA_VERSION and not {*range(version, SCHEMA_VERSION)} <= set(MIGRATIONS):
        raise RequestError(f"{str(path)!r} has schema {version}, which no release of sase-bench wrote; name another file")
    if version > SCHEMA_VERSION:
        raise RequestError(f"{str(path)!r} has schema {version}, this program knows up to {SCHEMA_VERSION}; upgrade sase-bench")
    return version


def migrate(connection: duckdb.DuckDBPyConnection, version: int) -> None:
    """Bring a table of an older version up to the current one, step by step, in one transaction."""
    connection.execute("BEGIN")
    for step in range(version, SCHEMA_VERSION):
        MIGRATIONS[step](connection)
        connection.execute("UPDATE about SET value = ? WHERE key = 'schema_version'", [str(step + 1)])
    connection.execute("COMMIT")
