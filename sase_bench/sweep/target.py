"""Where a sweep puts its runs: a table, or a shelf, which needs no DuckDB."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sase_bench.database.version import DEFAULT_TABLE
from sase_bench.proxies.recipe import Proxy

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

    def keys(self, proxy: Proxy) -> set[tuple[int, str, int]]:
        """The runs (arch, proxy, seed) of `proxy` that are there, without changing anything."""
        if self.is_shelf:
            from sase_bench.database.shard_writer import keys_of

            return set(keys_of(self.path, proxy))
        if not self.path.exists():
            return set()
        from sase_bench.database.reader import connect
        from sase_bench.database.rows import keys_in

        with connect(self.path) as table:
            return {key for key in keys_in(table) if key[1] == proxy.name}
