"""Where a sweep puts its runs: a table, or a shelf, which needs no DuckDB."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sase_bench.database.version import DEFAULT_TABLE
from sase_bench.errors import RequestError
from sase_bench.files import require_open
from sase_bench.recipes.recipe import Proxy
from sase_bench.record import Key

__all__ = ["DEFAULT_TABLE", "Target"]


@dataclass(frozen=True)
class Target:
    """A DuckDB file, or a folder of shards. DuckDB is imported when a table is opened."""

    path: Path
    is_shelf: bool = False

    def open(self, proxies: Iterable[Proxy]) -> AbstractContextManager[Any]:
        """The `Sink` for runs of these proxies. Raises `RequestError` if it cannot be had."""
        if self.is_shelf:
            from sase_bench.database.shard_writer import ShardWriter

            return ShardWriter(self.path, proxies)
        from sase_bench.database.store import Store

        return Store(self.path, proxies)

    def check(self) -> None:
        """Raises `RequestError` for a place that `open` would refuse for what it is; nothing is changed or locked."""
        if not self.is_shelf and self.path.is_dir():
            raise RequestError(
                f"{str(self.path)!r} is a folder, not a table; name a file with --db, or fill shards with --shelf {self.path}"
            )
        require_open(self.path if self.is_shelf else self.path.parent)

    def keys(self, proxy: Proxy) -> set[Key]:
        """The runs (arch, proxy, seed) of `proxy` that are there, without changing anything."""
        if self.is_shelf:
            from sase_bench.database.shard_writer import keys_of

            return set(keys_of(self.path, proxy))
        return self._keys_in_table(proxy, status=None)

    def failed(self, proxy: Proxy) -> set[Key]:
        """Those of them that failed."""
        if self.is_shelf:
            from sase_bench.database.shard_writer import failed_of

            return {record.key for record in failed_of(self.path, proxy)}
        return self._keys_in_table(proxy, status="failed")

    def _keys_in_table(self, proxy: Proxy, *, status: str | None) -> set[Key]:
        if not self.path.exists():
            return set()
        from sase_bench.database.reader import connect
        from sase_bench.database.rows import keys_in

        with connect(self.path) as table:
            return {key for key in keys_in(table, status=status) if key[1] == proxy.name}
