"""Is a table whole, or a shelf? Every run is read as if it came from a stranger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb

from sase_bench.database.admission import fault_of
from sase_bench.database.checksums import SUMS, matches, read_sums
from sase_bench.database.latencies import SLOT_SECONDS
from sase_bench.database.rows import has_modules, tables_in
from sase_bench.database.schema import BLOCK_TABLES, MODULE_TABLES
from sase_bench.database.shards import keyed_records_of, read_shard, recipes_of, runs_sql
from sase_bench.database.shelf import proxy_of
from sase_bench.database.version import MODULES_FOLDER
from sase_bench.errors import RequestError
from sase_bench.recipes.recipe import Proxy
from sase_bench.record import Key, Record
from sase_bench.space import Space

__all__ = ["LARGEST", "check", "check_shelf"]

#: Bytes that all files of a shelf may have together.
LARGEST = 50_000_000

_QUESTIONS = {
    "architectures missing": f"SELECT {len(Space('full'))} - count(DISTINCT arch) FROM architectures",
    "proxies whose trunk has no costs": "SELECT count(*) FROM proxies ANTI JOIN costs USING (trunk)",
}


def _questions_of(runs: str, epochs: str, subjects: str) -> dict[str, str]:
    return {
        "curves without a run": f"SELECT count(*) FROM {epochs} ANTI JOIN {runs} USING (arch, proxy, seed)",
        "runs of a proxy that is not described": f"SELECT count(*) FROM {runs} ANTI JOIN proxies USING (proxy)",
        f"runs of what is not in {subjects}": f"SELECT count(*) FROM {runs} ANTI JOIN {subjects} USING (arch)",
        "runs made with another recipe than their proxy's": (
            f"SELECT count(*) FROM {runs} AS runs JOIN proxies USING (proxy) WHERE runs.recipe_hash <> proxies.recipe_hash"
        ),
    }


def check(table: duckdb.DuckDBPyConnection) -> list[str]:
    """What is wrong with an open table, a line each; nothing if it is whole.

    Every value is read once, for DuckDB to compare with its checksums. What rests on a damaged part is not asked: the lines
    name the parts, and all others can be read.
    """
    problems = [f"{name} is damaged and cannot be read ({reason})" for name, reason in _damaged(table).items()]
    is_readable = not problems
    questions = [*_QUESTIONS.items(), *_questions_of(*BLOCK_TABLES, "architectures").items()]
    if has_modules(table):
        questions += _questions_of(*MODULE_TABLES, "modules").items()
    for what, question in questions:
        try:
            (count,) = table.execute(question).fetchone() or (0,)
        except duckdb.Error as error:
            if is_readable:
                problems.append(f"{what} cannot be counted ({str(error).splitlines()[0]})")
            continue
        if count:
            problems.append(f"{count} {what}")
    try:
        return [*problems, *_faults_of_runs(table)] if is_readable else problems
    except duckdb.Error as error:
        return [*problems, f"runs cannot be compared with their curves ({str(error).splitlines()[0]})"]


def _faults_of_runs(table: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """What each run says that cannot be true, and once for all runs with the same fault of their curves."""
    epochs = dict(table.execute("SELECT proxy, coalesce(epochs::BIGINT, 0) FROM proxies").fetchall())
    faults: dict[str, list[tuple[Any, ...]]] = {}
    for tables in tables_in(table):
        for key, record in keyed_records_of(table.execute(runs_sql(tables))):
            if isinstance(record, RequestError):
                yield f"run {key}: {record}"
            elif record.proxy in epochs:  # of any other, it is said above
                fault = fault_of(record, epochs[record.proxy])
                if fault is not None:
                    faults.setdefault(fault, []).append(key)
    for fault, keys in faults.items():
        others = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
        yield f"run {keys[0]}{others} {fault}"


def _damaged(table: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The relations that cannot be read to the end, each with DuckDB's reason."""
    found: dict[str, str] = {}
    names = table.execute("SELECT table_name FROM duckdb_tables() WHERE NOT internal ORDER BY ALL").fetchall()
    for (name,) in names:
        try:
            quoted = name.replace('"', '""')
            table.execute(f'SELECT bit_xor(hash(everything)) FROM "{quoted}" AS everything').fetchall()
        except duckdb.Error as error:
            found[name] = str(error).splitlines()[0]
    return found


def check_shelf(path: Path) -> dict[Path, list[str]]:
    """What is wrong with each file of the folder `path`, or with the shard `path`: its problems, none for a file that is whole.

    The files are the shards and whatever else `SHA256SUMS` lists. One that is damaged does not keep the others from being read.
    """
    files = [path]
    if path.is_dir():
        folders = [path, path / MODULES_FOLDER, path / SLOT_SECONDS.parent]
        listed = (folder / name for folder in folders for name in read_sums(folder))
        files = sorted({*listed, *(shard for folder in folders[:2] for shard in folder.glob("*.parquet"))})
    found: dict[Path, list[str]] = {}
    keys: Counter[Key] = Counter()
    for file in files:
        if not file.is_file():
            found[file] = ["is missing; fetch it again"]
        elif not matches(file):
            found[file] = [f"is damaged: it does not match its checksum in {SUMS}; fetch it again"]
        elif file.suffix == ".parquet" and file.parent.name != SLOT_SECONDS.parent.name:
            found[file] = _check_shard(file, keys)
        else:
            found[file] = []
    total = sum(file.stat().st_size for file in files if file.is_file())
    if path.is_dir() and total > LARGEST:
        found[path] = [f"its files have {total:,} bytes, more than the {LARGEST:,} that a shelf may have"]
    return found


def _check_shard(path: Path, keys: Counter[Key]) -> list[str]:
    """The problems of a shard; `keys` counts the runs of all shards."""
    problems: Counter[str] = Counter()
    try:
        proxies = {name: proxy_of(name, recipe) for name, recipe in recipes_of(path).items()}
        for record in read_shard(path):
            if isinstance(record, RequestError):
                problems[str(record)] += 1
                continue
            keys[record.key] += 1
            if record.is_of_module != (path.parent.name == MODULES_FOLDER):
                problems[
                    "a run of a module among those of blocks" if record.is_of_module else "a run of a block among modules'"
                ] += 1
            problems.update(_check_record(record, proxies, keys[record.key]))
    except RequestError as error:
        problems[str(error).removeprefix(f"{str(path)!r} ")] += 1
    return [what if count == 1 else f"{what} ({count} times)" for what, count in problems.items()]


def _check_record(record: Record, proxies: Mapping[str, Proxy], times: int) -> Iterator[str]:
    proxy = proxies.get(record.proxy)
    if times > 1:
        yield "a run that is on the shelf already"
    if proxy is None:
        yield f"a run of the proxy {record.proxy}, which is not described"
    elif record.recipe_hash != proxy.recipe_hash:
        yield f"a run made with another recipe than that of {proxy.name}"
    elif (fault := fault_of(record, proxy.epochs)) is not None:
        yield f"a run {fault}"
