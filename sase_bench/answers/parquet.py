"""An answer as a Parquet file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sase_bench.answers.answer import Answer
from sase_bench.answers.cells import NUMBERS, scalar
from sase_bench.errors import RequestError

__all__ = ["write_parquet"]

_KEPT = {*NUMBERS, "BOOLEAN", "VARCHAR", "DATE", "TIME", "TIMESTAMP"}


def write_parquet(answer: Answer, path: Path) -> None:
    """Write the answer to a file; types that are neither number, text, flag nor time are written as text."""
    import duckdb

    kept = [field.type if field.type.partition("(")[0] in _KEPT else "VARCHAR" for field in answer.fields]
    columns: Sequence[Sequence[Any]] = list(zip(*answer.rows, strict=True)) or [()] * len(kept)
    lists = [
        [scalar(value) if kind in ("VARCHAR", "DOUBLE", "FLOAT") else value for value in column]
        for column, kind in zip(columns, kept, strict=True)
    ]
    names = (field.name.replace('"', '""') for field in answer.fields)
    unnested = ", ".join(f'unnest(?::{kind}[]) AS "{name}"' for name, kind in zip(names, kept, strict=True))
    quoted = str(path).replace("'", "''")
    try:
        with duckdb.connect(":memory:") as connection:
            connection.execute(f"CREATE TABLE answer AS SELECT {unnested}", lists)
            connection.execute(f"COPY answer TO '{quoted}' (FORMAT parquet, USE_TMP_FILE false)")
    except duckdb.Error as error:
        raise RequestError(f"cannot write {str(path)!r} as Parquet ({str(error).splitlines()[0]})") from error
