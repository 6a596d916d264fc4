"""The files of `sase_bench.latency.parquet` where there is no DuckDB: by pyarrow, for a machine with a GPU that only times."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["read_rows", "write_rows"]


def read_rows(path: Path, names: Sequence[str], later: Container[str]) -> list[tuple[Any, ...]]:
    """These columns of a file; those of `later` are None where it has none. Raises OSError or ValueError."""
    from pyarrow import parquet

    table = parquet.read_table(path)
    absent = [name for name in names if name not in table.column_names and name not in later]
    if absent:
        raise ValueError(f"no column {absent[0]}")
    return [tuple(row.get(name) for name in names) for row in table.to_pylist()]


def write_rows(path: Path, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Write rows under columns of these DuckDB types, or lists of them, to a file. Raises OSError."""
    import pyarrow
    from pyarrow import parquet

    types = {
        "VARCHAR": pyarrow.string(),
        "BIGINT": pyarrow.int64(),
        "FLOAT": pyarrow.float32(),
        "DOUBLE": pyarrow.float64(),
        "BOOLEAN": pyarrow.bool_(),
    }
    types |= {f"{name}[]": pyarrow.list_(kind) for name, kind in types.items()}
    schema = pyarrow.schema([(name, types[kind]) for name, kind in columns.items()])
    found = [dict(zip(columns, row, strict=True)) for row in rows]
    parquet.write_table(pyarrow.Table.from_pylist(found, schema=schema), path, compression="zstd")
