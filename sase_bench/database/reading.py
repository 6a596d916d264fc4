"""Opening a table to ask it often: a shelf is kept open in memory as long as its files stay as they are."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock

import duckdb

from sase_bench.database.latencies import SLOT_SECONDS
from sase_bench.database.reader import connect
from sase_bench.database.schema import BLOCK_TABLES, MODULE_TABLES
from sase_bench.database.shelf import is_shelf, open_shelf, read_shelf
from sase_bench.database.version import MODULES_FOLDER

__all__ = ["reading"]

#: Path and size of a file, and when it was last changed.
_Stamp = tuple[str, int, int]

_MOST = 4  # shelves that are kept
_COPIED = (BLOCK_TABLES[0], MODULE_TABLES[0])  # runs, but not their curves, of which a question needs few


class _Kept:
    """The shelves of one process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._open: dict[tuple[Path, str, tuple[_Stamp, ...]], duckdb.DuckDBPyConnection] = {}

    def open(self, path: Path, stamps: tuple[_Stamp, ...]) -> duckdb.DuckDBPyConnection:
        key = path, os.getcwd(), stamps
        with self._lock:
            if key not in self._open:
                fresh = open_shelf(read_shelf(path), copied=_COPIED)
                if len(self._open) == _MOST:
                    del self._open[next(iter(self._open))]  # it closes with the last who reads it
                self._open[key] = fresh
            return self._open[key].cursor()


_KEPT = [_Kept()]


def reading(path: Path) -> duckdb.DuckDBPyConnection:
    """As `connect`, for who asks one question after another: a shelf is opened again only when one of its files has changed.

    What it gives is read and never written to, and is closed as any connection. Raises `RequestError` as `connect` does.
    """
    stamps = _stamps(path) if is_shelf(path) and os.path.exists(path) else ()
    return _KEPT[-1].open(path, stamps) if stamps else connect(path)


def _stamps(path: Path) -> tuple[_Stamp, ...]:
    """Of all files that may have a say; none where they cannot be looked at, or one goes away meanwhile."""
    beside = SLOT_SECONDS.parent
    folders = [path, path / MODULES_FOLDER, path / beside] if path.is_dir() else [path.parent, path.parent / beside]
    try:
        files = [file for folder in folders if folder.is_dir() for file in os.scandir(folder) if file.is_file()]
        return tuple(sorted((file.path, file.stat().st_size, file.stat().st_mtime_ns) for file in files))
    except OSError:
        return ()


def _begin_anew() -> None:
    """Let a forked process open its own. Those of its parent stay: to close one waits for threads that only the parent has."""
    _KEPT.append(_Kept())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
