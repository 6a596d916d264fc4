"""A folder of shards that a sweep fills: one Parquet file a proxy, written without DuckDB.

Runs of published modules go to files of the same names in the folder `modules`, so that nobody takes them for blocks'.

For machines that have neither DuckDB nor a network. Runs wait in a journal, as for a table; `publish` folds them into their
proxy's file, which is replaced in one step. The files are shards as `sase_bench.database.shards` describes them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from sase_bench.database.checksums import write_sums
from sase_bench.database.journal import Journal
from sase_bench.database.version import MODULES_FOLDER, SCHEMA_VERSION
from sase_bench.errors import RequestError
from sase_bench.proxies.recipe import Proxy
from sase_bench.record import COLUMNS, EPOCH_COLUMNS, KEY, Column, Record

__all__ = ["ShardWriter", "keys_of"]

Key = tuple[int, str, int]


class ShardWriter:
    """Append runs to `FOLDER/PROXY.parquet`, those of modules to `FOLDER/modules/PROXY.parquet`, for `proxies` only.

    Use it as a context manager.
    Raises `RequestError` if the folder cannot be written to, if a file in it is not a shard of this version, or if a proxy's
    recipe is not the one that its shard was made with. One process writes to a shelf.
    """

    def __init__(self, folder: Path, proxies: Iterable[Proxy]) -> None:
        self._folder, self._proxies = folder, {proxy.name: proxy for proxy in proxies}
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RequestError(f"cannot write to {str(folder)!r}: {error.strerror}") from error
        self._keys = {key for proxy in self._proxies.values() for key in keys_of(folder, proxy)}
        self._journal = Journal(folder / "shelf.journal")
        self._pending: list[Record] = []
        for record in self._journal.recover():
            if record.key not in self._keys and record.proxy in self._proxies:
                self._pending.append(record)
                self._keys.add(record.key)
        self.recovered, self.damaged = len(self._pending), self._journal.damaged

    def __contains__(self, key: Key) -> bool:
        return key in self._keys

    def append(self, record: Record) -> bool:
        """Take a run; False if there is one with its key. It is on disk when this returns."""
        if record.key in self._keys:
            return False
        if record.recipe_hash != self._proxies[record.proxy].recipe_hash:
            raise RequestError(f"run {record.key} was made with another recipe of {record.proxy}")
        self._journal.append(record)
        self._pending.append(record)
        self._keys.add(record.key)
        return True

    def publish(self) -> None:
        """Fold what waits into the files, and write the checksums of all."""
        if not self._pending:
            return
        for folder, name in sorted({(_folder(self._folder, record), record.proxy) for record in self._pending}):
            fresh = [record for record in self._pending if (_folder(self._folder, record), record.proxy) == (folder, name)]
            folder.mkdir(exist_ok=True)
            self._rewrite(folder, self._proxies[name], fresh)
            write_sums(folder)
        self._pending.clear()
        self._journal.clear()

    def _rewrite(self, folder: Path, proxy: Proxy, fresh: list[Record]) -> None:
        pyarrow, parquet = _arrow()
        path = _path(folder, proxy)
        rows = [asdict(record) | {"curve": [asdict(point) for point in record.curve]} for record in fresh]
        schema = _schema(pyarrow, proxy)
        table = pyarrow.Table.from_pylist(rows, schema=schema)
        if path.exists():
            table = pyarrow.concat_tables([parquet.read_table(path).cast(schema), table])
        table = table.sort_by([(name, "ascending") for name in ("proxy", "seed", "arch")])
        new = path.with_name(path.name + ".new")
        parquet.write_table(table, new, compression="zstd")
        new.replace(path)

    def __enter__(self) -> ShardWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.publish()


def keys_of(folder: Path, proxy: Proxy) -> list[Key]:
    """The runs of `proxy` in the shards that `folder` has of it. Raises `RequestError` as `ShardWriter` does."""
    paths = [_path(folder, proxy), _path(folder / MODULES_FOLDER, proxy)]
    return [key for path in paths if path.exists() for key in _keys_in(path, proxy)]


def _keys_in(path: Path, proxy: Proxy) -> list[Key]:
    pyarrow, parquet = _arrow()
    try:
        meta = {key.decode(): value.decode() for key, value in (parquet.read_schema(path).metadata or {}).items()}
        if meta.get("format") != "sase-bench" or meta.get("schema_version") != str(SCHEMA_VERSION):
            raise RequestError(f"{str(path)!r} is not a shard of schema {SCHEMA_VERSION}")
        table = parquet.read_table(path, columns=[*KEY, "recipe_hash"])
    except (pyarrow.ArrowException, OSError) as error:
        raise RequestError(f"{str(path)!r} cannot be read as Parquet ({str(error).splitlines()[0]})") from error
    if set(table["recipe_hash"].to_pylist()) - {proxy.recipe_hash}:
        raise RequestError(f"{str(path)!r} has runs of another recipe of {proxy.name}")
    return list(zip(*(table[name].to_pylist() for name in KEY), strict=True))


def _folder(shelf: Path, record: Record) -> Path:
    return shelf / MODULES_FOLDER if record.is_of_module else shelf


def _path(folder: Path, proxy: Proxy) -> Path:
    return folder / f"{proxy.name}.parquet"


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ModuleNotFoundError:
        raise RequestError("writing shards needs pyarrow; install it with: pip install 'sase-bench[train]'") from None
    return pyarrow, parquet


def _schema(pyarrow: Any, proxy: Proxy) -> Any:
    types = {int: pyarrow.int64(), float: pyarrow.float64(), str: pyarrow.string()}

    def fields(columns: dict[str, Column]) -> list[Any]:
        return [pyarrow.field(name, types[column.type]) for name, column in columns.items()]

    recipe = json.dumps(proxy.recipe(), sort_keys=True)
    meta = {"format": "sase-bench", "schema_version": str(SCHEMA_VERSION), "recipes": json.dumps({proxy.name: recipe})}
    curve = pyarrow.field("curve", pyarrow.list_(pyarrow.struct(fields(EPOCH_COLUMNS))))
    return pyarrow.schema([*fields(COLUMNS), curve], metadata=meta)
