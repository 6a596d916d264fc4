"""Where a benchmark's arrays come from: a source that is opened when it is needed, and columns for other libraries."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sase_bench.benchmark.arrays import Measured, measured
from sase_bench.errors import RequestError, missing, needing, unknown
from sase_bench.record import COLUMNS, EPOCH_COLUMNS, KEY, STATUSES, Column, Key, Record
from sase_bench.space import Space

if TYPE_CHECKING:
    import duckdb

    from sase_bench.database.shelf import Shelf

__all__ = ["RELATIONS", "Latency", "Tables", "tables_at"]

#: What can be had as a whole, validation only: relation → its view in a table, and its columns.
RELATIONS: dict[str, tuple[str, dict[str, Column]]] = {
    "runs": ("validation_runs", {name: column for name, column in COLUMNS.items() if column.split != "test"}),
    "epochs": ("epochs", {name: COLUMNS[name] for name in KEY} | EPOCH_COLUMNS),
}


class Latency(NamedTuple):
    """How long a forward pass takes, composed from timed parts; smaller is better."""

    seconds: NDArray[np.float64]  # (n,); nan where it is missing
    trunk: str  # the network that has the block in every branch
    about: dict[str, Any]  # statistic, batch, device, threads, processor, torch_version, …


class Tables(Mapping[str, Measured]):
    """The proxies of a source by name; the runs of each become arrays when they are first asked for, and stay."""

    def __init__(self, names: tuple[str, ...], connect: Callable[[], duckdb.DuckDBPyConnection]) -> None:
        self._names = names
        self._connect = connect
        self._read: dict[str, Measured] = {}
        self._largest: dict[str, str | None] = {}
        self._latencies: dict[str, Latency] = {}

    def largest(self, space: str) -> str | None:
        """The proxy with the most blocks of `space`, as `largest_proxy` has it; None where there are no runs."""
        if space not in self._largest:
            from sase_bench.database.rows import largest_proxy

            with self._connect() as table:
                self._largest[space] = largest_proxy(table, space) if self._names else None
        return self._largest[space]

    def __getitem__(self, name: str) -> Measured:
        found = self._read.get(name)
        if found is None:
            if name not in self._names:
                raise KeyError(name)
            with self._connect() as table:
                found = self._read[name] = measured(table, name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def take(self, table: duckdb.DuckDBPyConnection) -> None:
        """Read all proxies now."""
        self._read = {name: measured(table, name) for name in self._names}

    def latency(self, trunk: str) -> Latency:
        """Of every block of the full space in the trunk of this name. Raises `RequestError` where the source has none."""
        from sase_bench.database.schema import LATENCY

        if trunk not in self._latencies:
            with self._connect() as table:
                known = dict(table.execute("SELECT key, value FROM about WHERE starts_with(key, ?)", [LATENCY]).fetchall())
                if LATENCY + trunk not in known:
                    there = (
                        f"; there is that in {', '.join(sorted(key.removeprefix(LATENCY) for key in known))}" if known else ""
                    )
                    way_out = f"python -m sase_bench.latency fill --trunks {trunk} --db PATH enters it into a table"
                    raise RequestError(f"the latency in {trunk} is not in this table{there}; {way_out}")
                rows = table.execute("SELECT arch, latency FROM costs WHERE trunk = ?", [trunk]).fetchnumpy()
            values = np.full(len(Space("full")), np.nan)
            values[rows["arch"]] = np.ma.filled(np.ma.asarray(rows["latency"], dtype=np.float64), np.nan)
            self._latencies[trunk] = Latency(values, trunk, json.loads(known[LATENCY + trunk]))
        return self._latencies[trunk]

    def record(self, key: Key) -> tuple[Record, list[int]]:
        """One run with its provenance, and the seeds it was trained with. Raises `RequestError` if it is not there."""
        from sase_bench.database.rows import read_record, seeds_with

        with self._connect() as table:
            found = read_record(table, key)
            if found is None:
                raise RequestError(f"there is no run {key}")
            return found, seeds_with(table, found)

    def to_arrow(self, relation: str) -> Any:
        """A `pyarrow.Table`; its fields carry unit, direction and description as metadata."""
        with needing("to_arrow", "frames"):
            import pyarrow as pa
        columns = _columns(relation)
        with self._connect() as table:
            found = table.sql(self._select(relation)).to_arrow_table()
        fields = [field.with_metadata(_said(columns[field.name])) for field in found.schema]
        return found.cast(pa.schema(fields))

    def to_pandas(self, relation: str) -> Any:
        """A `pandas.DataFrame`; `frame.attrs["columns"]` has unit, direction and description by column."""
        columns = _columns(relation)
        if find_spec("pandas") is None:
            raise missing("to_pandas", "frames")
        with self._connect() as table:
            frame = table.sql(self._select(relation)).df()
        frame.attrs["columns"] = {name: _said(columns[name]) for name in frame.columns}
        return frame

    def _select(self, relation: str) -> str:
        """Names that repeat in every row as categories: a fifth of the memory and of the time."""
        from sase_bench.database.shards import quoted

        view, columns = RELATIONS[relation]
        categories = {"proxy": self._names or ("",), "status": STATUSES}
        types = {name: ", ".join(f"'{quoted(value)}'" for value in values) for name, values in categories.items()}
        chosen = (f"{name}::ENUM({types[name]}) AS {name}" if name in types else name for name in columns)
        return f"SELECT {', '.join(chosen)} FROM {view}"


def tables_at(path: Path | None) -> Tables:
    """The tables of the DuckDB file, the shard or the folder of shards at `path`; None = the released ones.

    A DuckDB file may be changing, so all of it is read at once. Raises `RequestError` as `database.connect` does.
    """
    from sase_bench.database.reader import connect, released
    from sase_bench.database.shelf import is_shelf, read_shelf

    path = released() if path is None else path
    if is_shelf(path):
        shelf = read_shelf(path)
        return Tables(tuple(proxy.name for proxy in shelf.proxies), _Opened(shelf))
    with connect(path) as table:
        started = table.execute("SELECT DISTINCT proxy FROM runs ORDER BY proxy").fetchall()
        tables = Tables(tuple(name for (name,) in started), partial(connect, path))
        tables.take(table)
    return tables


class _Opened:
    """Opens a shelf once in a process, however often it is called: a connection outlives neither a pickle nor a fork."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._process = -1
        # A parent's, too, in a forked process: closing it there, DuckDB waits for threads that only the parent has.
        self._connections: list[duckdb.DuckDBPyConnection] = []

    def __call__(self) -> duckdb.DuckDBPyConnection:
        from sase_bench.database.shelf import open_shelf

        if self._process != os.getpid():
            self._connections.append(open_shelf(self._shelf))
            self._process = os.getpid()
        return self._connections[-1].cursor()

    def __getstate__(self) -> dict[str, object]:
        return {"_shelf": self._shelf, "_process": -1, "_connections": []}


def _columns(relation: str) -> dict[str, Column]:
    if relation not in RELATIONS:
        raise unknown("relation", relation, RELATIONS)
    return RELATIONS[relation][1]


def _said(column: Column) -> dict[str, str]:
    said = {"unit": column.unit, "better": column.better, "split": column.split, "description": column.description}
    return {name: value for name, value in said.items() if value}
