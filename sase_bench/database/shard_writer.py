"""A folder of shards that a sweep fills: one Parquet file a proxy, written without DuckDB.

Runs of published modules go to files of the same names in the folder `modules`, so that nobody takes them for blocks'.

For machines that have neither DuckDB nor a network. Runs wait in a journal, as for a table; `publish` folds them into their
proxy's file, which is replaced in one step. The files are shards as `sase_bench.database.shards` describes them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from sase_bench.database.admission import Recipe, is_new, told_of
from sase_bench.database.checksums import announce_sums, check_sums, write_sums
from sase_bench.database.journal import Journal
from sase_bench.database.lock import Lock
from sase_bench.database.version import MODULES_FOLDER, SCHEMA_VERSION
from sase_bench.errors import RequestError, needing
from sase_bench.recipes.recipe import Proxy
from sase_bench.record import COLUMNS, EPOCH_COLUMNS, KEY, Column, Key, Record

__all__ = ["ShardWriter", "failed_of", "keys_of"]


class ShardWriter:
    """Append runs to `FOLDER/PROXY.parquet`, those of modules to `FOLDER/modules/PROXY.parquet`, for `proxies` only.

    Use it as a context manager.
    Raises `RequestError` if the folder cannot be written to, if another process is writing to it, if a file in it is damaged or
    not a shard of this version, or if a proxy's recipe is not the one that its shard was made with.
    """

    def __init__(self, folder: Path, proxies: Iterable[Proxy]) -> None:
        self._folder, self._proxies = folder, {proxy.name: proxy for proxy in proxies}
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RequestError(f"cannot write to {str(folder)!r}: {error.strerror}") from error
        self._lock = Lock(folder, folder)
        try:
            self._begin()
        except BaseException:
            self._lock.close()
            raise

    def _begin(self) -> None:
        """Learn what is there, and take what waits in the journal."""
        folder, proxies = self._folder, self._proxies.values()
        self._recipes = {proxy.name: Recipe.of(proxy) for proxy in proxies}
        self._keys = {key for proxy in proxies for key in keys_of(folder, proxy)}
        self._failed = {record.key: record for proxy in proxies for record in failed_of(folder, proxy)}
        self._journal = Journal(folder / "shelf.journal")
        self._pending: list[Record] = []
        with self._told():
            found = self._journal.recover()
        self._others = [record for record in found if record.proxy not in self._proxies]  # of a sweep that goes on later
        with told_of(self._journal.path):
            for record in found:
                if record.proxy in self._proxies and self._is_new(record):
                    self._take(record)
        self.recovered, self.damaged = len(self._pending), self._journal.damaged
        if found and not self._pending:  # killed between putting the last shard in place and clearing the journal
            with self._told():
                self._settle()

    def __contains__(self, key: Key) -> bool:
        return key in self._keys

    @property
    def failed(self) -> frozenset[Key]:
        """The runs that failed: `append` takes another result in their place."""
        return frozenset(self._failed)

    def append(self, record: Record) -> bool:
        """Add a run; False if the same result is there already, or one that supersedes it. It is on disk when this returns.

        Raises `RequestError` for a run of another proxy or recipe, and if another result that did not fail is already there for
        the same architecture, proxy and seed.
        """
        if not self._is_new(record):
            return False
        self._journal.append(record)
        self._take(record)
        return True

    def find(self, key: Key) -> Record | None:
        """The run with this key, wherever it is."""
        if key not in self._keys:
            return None
        known = {record.key: record for record in self._pending} | self._failed
        is_it = [(name, "=", part) for name, part in zip(KEY, key, strict=True)]
        return known.get(key) or next(iter(_records(self._folder, self._proxies[key[1]], is_it)), None)

    def publish(self) -> None:
        """Fold what waits into the files, and write the checksums of all."""
        if not self._pending:
            return
        with self._told():
            waiting: dict[tuple[Path, str], list[Record]] = {}
            for record in self._pending:
                waiting.setdefault((_folder(self._folder, record), record.proxy), []).append(record)
            fresh = {
                _path(folder, self._proxies[name]): self._rewritten(folder, self._proxies[name], records)
                for (folder, name), records in sorted(waiting.items())
            }
            for folder in {path.parent for path in fresh}:
                announce_sums((path.name, new) for path, new in fresh.items() if path.parent == folder)
            for path, new in fresh.items():
                new.replace(path)
            self._settle()
        self._pending.clear()

    def _is_new(self, record: Record) -> bool:
        return is_new(record, self.find(record.key), self._recipes, "the shelf")

    def _take(self, record: Record) -> None:
        """Let a new run wait for its publication, in place of one that failed."""
        if self._failed.pop(record.key, None) is not None:
            self._pending = [other for other in self._pending if other.key != record.key]
        if record.status == "failed":
            self._failed[record.key] = record
        self._pending.append(record)
        self._keys.add(record.key)

    def _settle(self) -> None:
        """Make the checksums those of the files, and forget the runs that are in them."""
        for folder in (self._folder, self._folder / MODULES_FOLDER):
            if any(folder.glob("*.parquet")):
                write_sums(folder)
        self._journal.clear(keep=self._others)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What the system refuses, in one line."""
        try:
            yield
        except OSError as error:
            reason = error.strerror or error
            raise RequestError(f"cannot write to {str(self._folder)!r}: {reason}; nothing finished was lost") from error

    def _rewritten(self, folder: Path, proxy: Proxy, fresh: list[Record]) -> Path:
        """The proxy's shard in `folder` with the `fresh` runs in it, on disk beside the one that it will replace."""
        folder.mkdir(exist_ok=True)
        pyarrow, parquet = _arrow()
        path = _path(folder, proxy)
        schema = _schema(pyarrow, proxy)
        table = pyarrow.Table.from_pylist([asdict(record) for record in fresh], schema=schema)
        if path.exists():
            there, superseded = parquet.read_table(path).cast(schema), {record.key for record in fresh}
            kept = pyarrow.array([key not in superseded for key in _keys_of(there)], pyarrow.bool_())
            table = pyarrow.concat_tables([there.filter(kept), table])
        table = table.sort_by([(name, "ascending") for name in ("proxy", "seed", "arch")])
        new = path.with_name(path.name + ".new")
        parquet.write_table(table, new, compression="zstd")
        with new.open("rb") as file:
            os.fsync(file.fileno())
        return new

    def __enter__(self) -> ShardWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            self.publish()
        finally:
            self._lock.close()


def keys_of(folder: Path, proxy: Proxy) -> list[Key]:
    """The runs of `proxy` in the shards that `folder` has of it. Raises `RequestError` as `ShardWriter` does."""
    return [key for path in _paths(folder, proxy) if path.exists() for key in _keys_in(path, proxy)]


def _keys_in(path: Path, proxy: Proxy) -> list[Key]:
    pyarrow, parquet = _arrow()
    check_sums(path)
    try:
        meta = {key.decode(): value.decode() for key, value in (parquet.read_schema(path).metadata or {}).items()}
        if meta.get("format") != "sase-bench" or meta.get("schema_version") != str(SCHEMA_VERSION):
            raise RequestError(f"{str(path)!r} is not a shard of schema {SCHEMA_VERSION}")
        table = parquet.read_table(path, columns=[*KEY, "recipe_hash"])
    except (pyarrow.ArrowException, OSError) as error:
        raise RequestError(f"{str(path)!r} cannot be read as Parquet ({str(error).splitlines()[0]})") from error
    if set(table["recipe_hash"].to_pylist()) - {proxy.recipe_hash}:
        raise RequestError(f"{str(path)!r} has runs of another recipe of {proxy.name}")
    return _keys_of(table)


def _keys_of(table: Any) -> list[Key]:
    return list(zip(*(table[name].to_pylist() for name in KEY), strict=True))


def failed_of(folder: Path, proxy: Proxy) -> list[Record]:
    """The failed runs of `proxy` in the shards that `folder` has of it, which `keys_of` has looked at."""
    return _records(folder, proxy, [("status", "=", "failed")])


def _records(folder: Path, proxy: Proxy, filters: list[tuple[str, str, Any]]) -> list[Record]:
    """The runs of `proxy` on a shelf that meet all `filters`, as pyarrow takes them."""
    _, parquet = _arrow()
    paths = [path for path in _paths(folder, proxy) if path.exists()]
    rows = [row for path in paths for row in parquet.read_table(path, filters=filters).to_pylist()]
    return [Record.from_rows(row, row["curve"] or []) for row in rows]


def _folder(shelf: Path, record: Record) -> Path:
    return shelf / MODULES_FOLDER if record.is_of_module else shelf


def _paths(folder: Path, proxy: Proxy) -> tuple[Path, Path]:
    """Where a shelf may have shards of a proxy: of blocks, and of modules."""
    return _path(folder, proxy), _path(folder / MODULES_FOLDER, proxy)


def _path(folder: Path, proxy: Proxy) -> Path:
    return folder / f"{proxy.name}.parquet"


def _arrow() -> tuple[Any, Any]:
    with needing("writing shards", "train"):
        import pyarrow
        from pyarrow import parquet
    return pyarrow, parquet


def _schema(pyarrow: Any, proxy: Proxy) -> Any:
    types = {int: pyarrow.int64(), float: pyarrow.float64(), str: pyarrow.string()}

    def fields(columns: dict[str, Column]) -> list[Any]:
        return [pyarrow.field(name, types[column.type]) for name, column in columns.items()]

    recipe = json.dumps(proxy.recipe(), sort_keys=True)
    meta = {"format": "sase-bench", "schema_version": str(SCHEMA_VERSION), "recipes": json.dumps({proxy.name: recipe})}
    curve = pyarrow.field("curve", pyarrow.list_(pyarrow.struct(fields(EPOCH_COLUMNS))))
    return pyarrow.schema([*fields(COLUMNS), curve], metadata=meta)
