"""Rows under typed columns as a Parquet file, and answers so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sase_bench.answers.answer import Answer
from sase_bench.answers.cells import NUMBERS, scalar
from sase_bench.errors import RequestError

__all__ = ["write_parquet", "write_rows"]

_KEPT = {*NUMBERS, "BOOLEAN", "VARCHAR", "DATE", "TIME", "TIMESTAMP"}


def write_parquet(answer: Answer, path: Path) -> None:
    """Write the answer to a file; types that are neither number, text, flag nor time are written as text."""
    import duckdb

    kept = [field.type if field.type.partition("(")[0] in _KEPT else "VARCHAR" for field in answer.fields]
    is_cell = [kind in ("VARCHAR", "DOUBLE", "FLOAT") for kind in kept]
    rows = ([scalar(value) if cell else value for value, cell in zip(row, is_cell, strict=True)] for row in answer.rows)
    try:
        write_rows(path, dict(zip(answer.columns, kept, strict=True)), rows)
    except duckdb.Error as error:
        raise RequestError(f"cannot write {str(path)!r} as Parquet ({str(error).splitlines()[0]})") from error


def write_rows(path: Path, columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows under columns of these DuckDB types to a file. Raises `duckdb.Error` where that cannot be."""
    import duckdb

    lists = list(map(list, zip(*rows, strict=True))) or [[] for _ in columns]
    names = (name.replace('"', '""') for name in columns)
    unnested = ", ".join(f'unnest(?::{kind}[]) AS "{name}"' for name, kind in zip(names, columns.values(), strict=True))
    quoted = str(path).replace("'", "''")
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"CREATE TABLE written AS SELECT {unnested}", lists)
        connection.execute(f"COPY written TO '{quoted}' (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)")
