"""Rows under typed columns as a Parquet file, replaced in one step: by DuckDB, or where there is none by pyarrow."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sase_bench.answers import parquet
from sase_bench.database.checksums import read_sums, write_sums
from sase_bench.errors import RequestError
from sase_bench.files import replacing
from sase_bench.latency import arrow

__all__ = ["read_parquet", "write_parquet"]


def read_parquet(path: Path, columns: Iterable[str], what: str, *, later: Container[str] = ()) -> list[dict[str, Any]]:
    """The rows of a file by column name, none if there is no file. Raises `RequestError` if it is no file of `what`.

    A column of `later` is None where the file is older than it.
    """
    names = list(columns)
    if not path.exists():
        return []
    try:
        rows = (_read_rows if _has_duckdb() else arrow.read_rows)(path, names, later)
    except (OSError, ValueError) as error:
        raise RequestError(f"{str(path)!r} is not a file of {what} ({str(error).splitlines()[0]})") from error
    return [dict(zip(names, row, strict=True)) for row in rows]


def write_parquet(path: Path, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Write rows under columns of these DuckDB types in place of a file. Raises `RequestError` if that cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as fresh:
            (_write_rows if _has_duckdb() else arrow.write_rows)(fresh, columns, rows)
        if path.name in read_sums(path.parent):  # on a shelf, whose file it is now
            write_sums(path.parent, [path.name])
    except OSError as error:
        raise RequestError(f"cannot write {str(path)!r} ({str(error).splitlines()[0]})") from error


def _has_duckdb() -> bool:
    return find_spec("duckdb") is not None


def _read_rows(path: Path, names: Sequence[str], later: Container[str]) -> list[tuple[Any, ...]]:
    """As `arrow.read_rows`."""
    import duckdb

    try:
        with duckdb.connect() as connection:
            known = {
                name for (name, *_) in connection.execute("DESCRIBE FROM read_parquet($path)", {"path": str(path)}).fetchall()
            }
            asked = [f"NULL AS {name}" if name in later and name not in known else name for name in names]
            return connection.execute(f"SELECT {', '.join(asked)} FROM read_parquet($path)", {"path": str(path)}).fetchall()
    except duckdb.Error as error:
        raise ValueError(str(error)) from error


def _write_rows(path: Path, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]) -> None:
    """As `arrow.write_rows`."""
    import duckdb

    try:
        parquet.write_rows(path, columns, rows)
    except duckdb.IOException as error:
        raise OSError(str(error)) from error
