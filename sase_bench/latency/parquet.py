"""Rows under typed columns as a Parquet file, replaced in one step."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from sase_bench.answers.parquet import write_rows
from sase_bench.errors import RequestError
from sase_bench.files import replacing

__all__ = ["read_parquet", "write_parquet"]


def read_parquet(path: Path, columns: Iterable[str], what: str, *, later: Container[str] = ()) -> list[dict[str, Any]]:
    """The rows of a file by column name, none if there is no file. Raises `RequestError` if it is no file of `what`.

    A column of `later` is None where the file is older than it.
    """
    names = list(columns)
    if not path.exists():
        return []
    try:
        with duckdb.connect() as connection:
            known = {
                name for (name, *_) in connection.execute("DESCRIBE FROM read_parquet($path)", {"path": str(path)}).fetchall()
            }
            asked = [f"NULL AS {name}" if name in later and name not in known else name for name in names]
            rows = connection.execute(f"SELECT {', '.join(asked)} FROM read_parquet($path)", {"path": str(path)}).fetchall()
    except duckdb.Error as error:
        raise RequestError(f"{str(path)!r} is not a file of {what} ({str(error).splitlines()[0]})") from error
    return [dict(zip(names, row, strict=True)) for row in rows]


def write_parquet(path: Path, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Write rows under columns of these DuckDB types in place of a file. Raises `RequestError` if that cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as fresh:
            write_rows(fresh, columns, rows)
    except (OSError, duckdb.IOException) as error:
        raise RequestError(f"cannot write {str(path)!r} ({str(error).splitlines()[0]})") from error
