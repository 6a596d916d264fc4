"""`python -m sase_bench.database`: check, migrate, export and merge tables."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from sase_bench import cli
from sase_bench.database.check import check, check_shelf
from sase_bench.database.merging import Report, merge
from sase_bench.database.reader import DEFAULT_TABLE, connect
from sase_bench.database.refusals import refused
from sase_bench.database.rows import has_modules
from sase_bench.database.schema import BLOCK_TABLES, MODULE_TABLES, schema_sql
from sase_bench.database.shards import export
from sase_bench.database.shelf import is_shelf, read_shelf
from sase_bench.database.store import Store
from sase_bench.database.tables import proxies_at
from sase_bench.errors import RequestError, unknown
from sase_bench.modules import parse_attention
from sase_bench.recipes.registry import find
from sase_bench.seeds import read_seeds

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status as in `sase_bench.cli.run`; `check` gives 1 for a table that is not whole, `merge` for conflicts."""
    return cli.run("database", _command, argv)


def _command(argv: Sequence[str] | None) -> int:
    options = _parser().parse_args(argv)
    return int(options.run(options))


def _parser() -> cli.Parser:
    parser = cli.Actions("sase_bench.database", "Look after a table of runs.")
    checking, exporting = parser.add("check", _check), parser.add("export", _export)
    merging, migrating = parser.add("merge", _merge), parser.add("migrate", _migrate)
    parser.add("schema", _schema)
    checking.add_argument(
        "shards", nargs="*", type=Path, metavar="SHARD", help="Parquet files, or folders of them (default: the table)"
    )
    exporting.add_argument("shard", type=Path, metavar="SHARD", help="the Parquet file to write")
    merging.add_argument(
        "shards", nargs="+", type=Path, metavar="SHARD", help="Parquet files, folders of them, or tables to read"
    )
    for action in (checking, exporting, merging, migrating):
        action.add_argument("--db", type=Path, default=DEFAULT_TABLE, metavar="PATH", help="the table")
    exporting.add_argument("--proxy", metavar="NAME", help="the runs of this proxy only")
    exporting.add_argument("--modules", action="store_true", help="the runs of published modules instead of the blocks'")
    exporting.add_argument("--seeds", metavar="SEEDS", help="these only: a count (3 is 0, 1, 2) or a list (0,1,2)")
    exporting.add_argument("--arch", nargs="+", metavar="BLOCK", help="these blocks, or with --modules modules, only")
    return parser


def _check(options: Any) -> int:
    """Say whether a table is whole, or shards are."""
    places = options.shards or ([options.db] if is_shelf(options.db) else [])
    if places:
        return max(_check_shelf(place) for place in places)
    with connect(options.db) as table:
        problems = check(table)
    for problem in problems:
        print(f"{options.db}: {problem}")
    print(f"{options.db}: {'whole' if not problems else f'{len(problems)} problems'}")
    return 1 if problems else 0


def _check_shelf(place: Path) -> int:
    if not is_shelf(place) or not place.exists():
        raise RequestError(f"there is no shard, and no folder of shards, {str(place)!r}")
    found = check_shelf(place)
    if not found:
        raise RequestError(f"{str(place)!r} is a folder without shards (*.parquet)")
    for path, problems in found.items():
        for problem in problems:
            print(f"{path}: {problem}")
        if not problems:
            print(f"{path}: whole")
    return 1 if any(found.values()) else 0


def _migrate(options: Any) -> int:
    """Bring a table of an older version up to date."""
    if not options.db.exists():
        raise RequestError(f"there is no table {str(options.db)!r}")
    with Store(options.db):
        print(f"{options.db}: up to date")
    return 0


def _export(options: Any) -> int:
    """Write the table's runs to a shard."""
    seeds = None if options.seeds is None else read_seeds(options.seeds)
    archs = None if options.arch is None else [parse_attention(name).index for name in options.arch]
    with connect(options.db) as table:
        if options.modules and not has_modules(table):
            raise RequestError(f"{str(options.db)!r} has no runs of published modules")
        tables = MODULE_TABLES if options.modules else BLOCK_TABLES
        try:
            known = [name for (name,) in table.execute(f"SELECT DISTINCT proxy FROM {tables[0]} ORDER BY proxy").fetchall()]
            if options.proxy is not None and options.proxy not in known:
                of = " of published modules" if options.modules else ""
                raise unknown("proxy", options.proxy, known) if known else RequestError(f"{str(options.db)!r} has no runs{of}")
            runs = export(table, options.shard, proxy=options.proxy, tables=tables, seeds=seeds, archs=archs)
        except duckdb.Error as error:
            raise refused(options.db, error) from error
    print(f"{options.shard}: {runs} runs")
    return 0


def _merge(options: Any) -> int:
    """Take the runs of shards, or of other tables, into the table."""
    total = Report()
    paths = [path for place in options.shards for path in _files_at(place)]
    for path in paths:
        try:
            if options.db.exists() and path.exists() and path.samefile(options.db):
                raise RequestError(f"{str(path)!r} is the table that is to be filled; name another one with --db")
            proxies = [find(name) for name in proxies_at(path)]
        except RequestError as error:
            if len(paths) == 1:
                raise
            total.refused.append(str(error))  # the other shards are not to blame
            continue
        with Store(options.db, proxies) as store:
            report = merge(store, path)
        print(f"{path}: {report}")
        total.conflicts += report.conflicts
        total.refused += report.refused
    for line in [*total.conflicts, *total.refused]:
        cli.say("database", line)
    return 1 if total.conflicts or total.refused else 0


def _files_at(place: Path) -> list[Path]:
    """A file, or all shards of a folder, those of modules last."""
    return list(read_shelf(place).files) if place.is_dir() else [place]


def _schema(options: Any) -> int:
    """Print the DDL."""
    print(schema_sql(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
