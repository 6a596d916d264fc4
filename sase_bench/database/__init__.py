"""The table: one DuckDB file that one process fills while any number of others read it.

DuckDB lets either one writing process or several readers open a file. Here nobody holds the published file open for
writing: finished runs go to a journal beside it at once, and are folded into a copy that replaces the file in one step.
A reader always finds a complete table; a writer killed at any moment loses nothing that was finished.

>>> from pathlib import Path
>>> from tempfile import TemporaryDirectory
>>> from sase_bench.database import Store, connect
>>> with TemporaryDirectory() as folder:
...     path = Path(folder, "table.duckdb")
...     with Store(path) as store:
...         _ = store.keys
...     with connect(path) as table:
...         table.execute("SELECT count(*) FROM architectures").fetchone()
(117649,)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sase_bench.database.version import SCHEMA_VERSION

if TYPE_CHECKING:
    from sase_bench.database.merging import Report, merge
    from sase_bench.database.reader import connect
    from sase_bench.database.shard_writer import ShardWriter
    from sase_bench.database.shards import export, read_shard
    from sase_bench.database.store import Store

__all__ = ["SCHEMA_VERSION", "Report", "ShardWriter", "Store", "connect", "export", "merge", "read_shard"]

#: Loaded on first use: a machine without DuckDB can still fill a shelf.
_MODULES = {
    "Report": "merging",
    "ShardWriter": "shard_writer",
    "Store": "store",
    "connect": "reader",
    "export": "shards",
    "merge": "merging",
    "read_shard": "shards",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(import_module(f"sase_bench.database.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
