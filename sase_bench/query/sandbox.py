"""`sql`: one reading statement in DuckDB's SQL, on the table and on nothing else.

The table is attached read-only to an empty database in memory, under a name that is new each time; views with the public
names lead there. A shelf of shards is copied to memory first, as its files could not be read later. Then access to files
and the network is closed, extensions are off, and the configuration is locked. Without `test` the views `runs` and
`module_runs` have no test scores. DuckDB's memory limit does not cover every kind of value; the command line therefore
bounds the memory of its process as well.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor, wait
from os import urandom
from pathlib import Path
from threading import Event
from typing import Any

import duckdb

from sase_bench.answers import Answer, Field
from sase_bench.database.reader import connect
from sase_bench.database.schema import BLOCK_TABLES, MODULE_TABLES
from sase_bench.database.shards import quoted
from sase_bench.database.shelf import Shelf, fill, is_shelf, read_shelf
from sase_bench.errors import RequestError
from sase_bench.record import COLUMNS

__all__ = ["MEMORY_LIMIT", "TIME_LIMIT", "run"]

#: Seconds a statement may take.
TIME_LIMIT = 10.0

#: Of DuckDB's own buffers.
MEMORY_LIMIT = "1GB"

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "allow_community_extensions": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "memory_limit": MEMORY_LIMIT,
    "python_enable_replacements": False,  # a table name never means a variable of this program
    "temp_directory": "",
    "threads": 2,
}

_TESTED = ", ".join(name for name, column in COLUMNS.items() if column.split == "test")
_TEST_COLUMNS = re.compile("|".join(rf"\b{name}\b" for name in _TESTED.split(", ")), re.IGNORECASE)
_READING = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
_BATCH = 1000  # rows


def run(statement: str, *, path: Path, test: bool = False, seconds: float = TIME_LIMIT) -> Answer:
    """The rows that `statement` gives. Raises `RequestError` for all but one statement that reads, and for DuckDB's errors."""
    named = _TEST_COLUMNS.search(statement)
    if named and not test:
        raise RequestError(f"{named[0].lower()} is a test metric; add --test to reveal test metrics")
    shelf = read_shelf(path) if is_shelf(path) else None
    if shelf is None:
        connect(path).close()  # says what is wrong with a file that is no table
    private = f"table_{urandom(8).hex()}"
    try:
        with duckdb.connect(":memory:", config=_CONFIG) as connection:
            if shelf is None:
                connection.execute(f"ATTACH '{quoted(path.resolve())}' AS {private} (READ_ONLY)")
            else:
                _copy(connection, private, shelf, curves="epochs" in statement.lower())
            _prepare(connection, private, test=test)
            _check(connection, statement)
            names, types, rows = _fetch_within(seconds, connection, statement)
    except TimeoutError:
        raise RequestError(f"the statement took longer than {seconds:g} s; ask for less") from None
    except MemoryError:
        raise RequestError("the answer does not fit into memory; ask for less") from None
    except duckdb.Error as error:
        raise RequestError(_in_one_line(error).replace(f"{private}.", "")) from None
    notes = ("test metrics were revealed: runs has the columns test_loss and test_top1",) if test else ()
    fields = tuple(Field(name, kind, "raw") for name, kind in zip(_distinct(names), types, strict=True))
    return Answer(fields=fields, rows=tuple(rows), notes=notes)


def _copy(connection: duckdb.DuckDBPyConnection, private: str, shelf: Shelf, *, curves: bool) -> None:
    """`curves`: only a statement that names `epochs` needs them."""
    connection.execute(f"ATTACH ':memory:' AS {private}")
    connection.execute(f"USE {private}")
    copied = [runs for runs, _ in (BLOCK_TABLES, MODULE_TABLES)]
    fill(connection, shelf, copied=[*copied, *(BLOCK_TABLES + MODULE_TABLES if curves else ())])
    connection.execute("USE memory")


def _prepare(connection: duckdb.DuckDBPyConnection, private: str, *, test: bool) -> None:
    found = "SELECT table_name FROM information_schema.tables WHERE table_catalog = ? AND table_schema = 'main' ORDER BY ALL"
    for (view,) in connection.execute(found, [private]).fetchall():
        hidden = f"EXCLUDE ({_TESTED})" if view in (BLOCK_TABLES[0], MODULE_TABLES[0]) and not test else ""
        connection.execute(f"CREATE VIEW {_quoted(view)} AS SELECT * {hidden} FROM {private}.main.{_quoted(view)}")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _check(connection: duckdb.DuckDBPyConnection, statement: str) -> None:
    statements = connection.extract_statements(statement)
    if len(statements) != 1:
        raise RequestError(f"sql takes one statement, got {len(statements)}")
    if statements[0].type not in _READING:
        kind = statements[0].type.name.replace("_", " ")
        raise RequestError(f"sql only reads: write a SELECT (or DESCRIBE, SHOW, SUMMARIZE, PIVOT … IN), got {kind}")


Fetched = tuple[list[str], list[str], list[tuple[Any, ...]]]  # names, types, rows


def _fetch_within(seconds: float, connection: duckdb.DuckDBPyConnection, statement: str) -> Fetched:
    """What the statement gives, fetched in a thread, so that the time limit and Ctrl-C end what DuckDB would not."""
    is_over = Event()
    with ThreadPoolExecutor(1) as executor:
        future = executor.submit(_fetch, connection, statement, is_over)
        try:
            return future.result(seconds)
        except BaseException:
            is_over.set()
            while not future.done():
                connection.interrupt()
                wait([future], 0.1)
            raise


def _fetch(connection: duckdb.DuckDBPyConnection, statement: str, is_over: Event) -> Fetched:
    cursor = connection.execute(statement)
    description = cursor.description or []
    rows: list[tuple[Any, ...]] = []
    while not is_over.is_set() and (batch := cursor.fetchmany(_BATCH)):
        rows += batch
    return [column[0] for column in description], [str(column[1]) for column in description], rows


def _in_one_line(error: duckdb.Error) -> str:
    """DuckDB's message with its suggestions, without the repeated statement."""
    text, _, missing = str(error).partition("\n\nLINE ")[0].partition(" failed to import, due to")
    if missing:  # the message goes on with a traceback
        return f"{text} is not installed; cast times with a zone to VARCHAR"
    if isinstance(error, duckdb.OutOfMemoryException):
        text = text.partition("\n")[0]
    return " ".join(text.split())


def _distinct(names: list[str]) -> list[str]:
    """The names with numbers behind those that were there before: a, a_1, a_2."""
    fresh: list[str] = []
    for name in names:
        candidates = (f"{name}_{number}" if number else name for number in range(len(names) * 2))
        fresh.append(next(candidate for candidate in candidates if candidate not in fresh))
    return fresh
