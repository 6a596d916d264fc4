"""What a reader is told where DuckDB cannot go on: whose file it is, what is wrong with it, and the way out."""

from pathlib import Path

import duckdb

from sase_bench.errors import RequestError

__all__ = ["refused"]


def refused(path: Path, error: duckdb.Error) -> RequestError:
    """What DuckDB says of the file at `path`, in words that name the way out."""
    first = str(error).splitlines()[0]
    if "set lock on file" in first:
        return RequestError(f"{str(path)!r} is open for writing in another program; close it there ({first})")
    if "stored checksum" in first or "Could not read enough bytes" in first:
        way_out = f"python -m sase_bench.database check --db {path} names what can still be read"
        return RequestError(f"{str(path)!r} is damaged ({first}); {way_out}")
    return RequestError(f"{str(path)!r} cannot be read as a DuckDB file ({first})")
