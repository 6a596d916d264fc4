"""A shelf: a folder of shards, or one shard, opened as if it were a table.

Nothing is copied: `runs` and `epochs` are views over the Parquet files in a database in memory, so a shelf opens in
milliseconds, and a question decodes what it needs. All shards of a shelf must be whole: of a damaged shelf the other shards
are still opened one at a time, but nothing is left out in silence. Checksums are compared, rows are taken as they are;
`check_shelf` reads every row as from a stranger.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Container, Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from sase_bench.database.calibrations import CALIBRATIONS, add_calibrations
from sase_bench.database.checksums import SUMS, check_sums, read_sums
from sase_bench.database.dimensions import add_modules, architectures_sql, costs_sql, describe
from sase_bench.database.latencies import SLOT_SECONDS, read_slot_seconds
from sase_bench.database.schema import BLOCK_TABLES, LATENCY, MODULE_TABLES, schema_sql
from sase_bench.database.shards import be_quiet, quoted, recipes_in
from sase_bench.database.version import (
    DEFAULT_SHELF,
    DEFAULT_TABLE,
    MODULES_FOLDER,
    SCHEMA_VERSION,
    find_released,
    released_path,
)
from sase_bench.errors import RequestError
from sase_bench.recipes.recipe import Proxy, read_recipe
from sase_bench.recipes.registry import PROXIES
from sase_bench.recipes.splits import checksums, published_checksums
from sase_bench.record import COLUMNS, FIRST_MODULE, LAST_BLOCK
from sase_bench.space import OPERATIONS, SLOTS

__all__ = [
    "CALIBRATIONS",
    "DEFAULT_SHELF",
    "Shelf",
    "fill",
    "find_released",
    "is_shelf",
    "merging",
    "open_shelf",
    "parquet",
    "proxy_of",
    "read_shelf",
    "released_path",
    "writing",
]


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """Shards that are whole, and the proxies that they have runs of."""

    path: Path
    shards: tuple[Path, ...]
    modules: tuple[Path, ...] = ()  # shards of published modules
    proxies: tuple[Proxy, ...]  # in order of their names

    @property
    def files(self) -> tuple[Path, ...]:
        """All shards, those of modules last."""
        return (*self.shards, *(path for path in self.modules if path not in self.shards))

    def name_of(self, file: Path) -> str:
        """Its path on the shelf, with forward slashes."""
        return file.relative_to(self.path if self.path.is_dir() else self.path.parent).as_posix()


def is_shelf(path: Path) -> bool:
    """Whether `path` is to be opened as a shelf: a folder, or a Parquet file."""
    return os.path.isdir(path) or path.suffix == ".parquet"  # `Path.is_dir` raises for a name that is too long


def merging(path: Path) -> str:
    """The command, as a person types it, that makes a table, which can be written to, of the shards at `path`."""
    return f"python -m sase_bench.database merge {shlex.quote(str(path))} --db {DEFAULT_TABLE}"


def writing(path: Path, command: str) -> str:
    """The command that writes to the table at `path`, as a person types it; what lies on a shelf is put into a table first."""
    if not is_shelf(path):
        return f"python -m sase_bench.{command} --db {shlex.quote(str(path))}"
    return f"{merging(path)}, and then: python -m sase_bench.{command} --db {DEFAULT_TABLE}"


def read_shelf(path: Path) -> Shelf:
    """The shards at `path`, checked. Raises `RequestError` if there are none, or one is missing, damaged or of another kind."""
    shards = tuple(sorted(path.glob("*.parquet"))) if path.is_dir() else (path,)
    if not shards:
        raise RequestError(f"{str(path)!r} is a folder without shards (*.parquet), and no table")
    folder = path.resolve() if path.is_dir() else path.resolve().parent
    if folder.name == MODULES_FOLDER:
        modules = shards
    else:
        modules = tuple(sorted((path / MODULES_FOLDER).glob("*.parquet"))) if path.is_dir() else ()
    for folder in (path, path / MODULES_FOLDER) if path.is_dir() else ():
        for name in read_sums(folder):
            if name.endswith(".parquet") and not (folder / name).exists():
                raise RequestError(f"the shard {str(folder / name)!r}, which {SUMS} lists, is missing; fetch it again")
    recipes: dict[str, dict[str, object]] = {}
    with duckdb.connect() as connection:
        for shard in (*shards, *modules):
            check_sums(shard)
            for name, recipe in recipes_in(connection, shard).items():
                if recipes.setdefault(name, recipe) != recipe:
                    raise RequestError(f"{str(shard)!r} has another recipe of the proxy {name} than the shards before it")
        relation = parquet((*shards, *modules))
        try:
            started = {name for (name,) in connection.execute(f"SELECT DISTINCT proxy FROM {relation}").fetchall()}
        except duckdb.Error as error:
            raise RequestError(f"{str(path)!r} cannot be read as shards ({str(error).splitlines()[0]})") from error
    described = tuple(proxy_of(name, recipes[name]) for name in sorted(started & set(recipes)))
    return Shelf(path=path, shards=shards, modules=modules, proxies=described)


def parquet(shards: Iterable[Path]) -> str:
    """All shards as one relation of DuckDB."""
    return "read_parquet([" + ", ".join(f"'{quoted(path)}'" for path in shards) + "])"


def open_shelf(shelf: Shelf, *, copied: Container[str] = ()) -> duckdb.DuckDBPyConnection:
    """A database in memory with the tables and views of a table; `copied` as in `fill`."""
    connection = duckdb.connect()
    be_quiet(connection)
    try:
        fill(connection, shelf, copied=copied)
    except duckdb.Error as error:
        connection.close()
        raise RequestError(f"{str(shelf.path)!r} cannot be read as shards ({str(error).splitlines()[0]})") from error
    return connection


def fill(connection: duckdb.DuckDBPyConnection, shelf: Shelf, *, copied: Container[str] = ()) -> None:
    """Make the tables and views of a table in the current database; those of `runs` and `epochs` in `copied` need no files."""
    connection.execute(schema_sql())
    connection.execute("INSERT INTO about VALUES ('format', 'sase-bench'), ('schema_version', ?)", [str(SCHEMA_VERSION)])
    columns = ", ".join(COLUMNS)
    folder = shelf.path if shelf.path.is_dir() else shelf.path.parent
    timed = {one.trunk.name: one for one in read_slot_seconds(folder / SLOT_SECONDS)}
    trunks = {proxy.trunk.name: proxy.trunk for proxy in shelf.proxies} | {name: one.trunk for name, one in timed.items()}
    text = " || '/' || ".join(SLOTS)
    slots = ", ".join(
        f"{slot}::ENUM({', '.join(repr(name) for name in names)}) AS {slot}" for slot, names in OPERATIONS.items()
    )
    relations = {
        "architectures": f"SELECT arch, {slots}, is_tied, {text} AS text FROM ({architectures_sql()})",
        "costs": " UNION ALL ".join(costs_sql(trunk, timed.get(name)) for name, trunk in trunks.items()),
    }
    sources = {BLOCK_TABLES: (shelf.shards, f"<= {LAST_BLOCK}"), MODULE_TABLES: (shelf.modules, f">= {FIRST_MODULE}")}
    for (runs, epochs), (shards, numbers) in sources.items():
        if shards:
            rows = f"(FROM {parquet(shards)} WHERE arch {numbers})"
            relations[runs] = f"SELECT {columns} FROM {rows}"
            relations[epochs] = f"SELECT arch, proxy, seed, unnest(curve, recursive := true) FROM {rows}"
    add_modules(connection)
    for name, select in relations.items():
        if not select:  # no run, so no trunk
            continue
        connection.execute(f"DROP TABLE {name}")
        connection.execute(f"CREATE {'TABLE' if name in copied else 'VIEW'} {name} AS {select}")
    for name, one in timed.items():
        connection.execute("INSERT INTO about VALUES (?, ?)", [LATENCY + name, json.dumps(one.about)])
    published = published_checksums()
    for proxy in shelf.proxies:
        is_ours = proxy == PROXIES.get(proxy.name) and proxy.name in published
        describe(connection, proxy, published[proxy.name] if is_ours else checksums(proxy))
    if (folder / CALIBRATIONS).is_file():
        add_calibrations(connection, folder / CALIBRATIONS, {proxy.name for proxy in shelf.proxies})


def proxy_of(name: str, recipe: dict[str, object]) -> Proxy:
    """The proxy with this recipe; the package's own if it is the same."""
    known = PROXIES.get(name)
    return known if known is not None and known.recipe() == recipe else read_recipe(name, recipe)
