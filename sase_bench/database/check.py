"""Is a table whole, or a shelf? Every run is read as if it came from a stranger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb

from sase_bench.database.checksums import SUMS, matches, read_sums
from sase_bench.database.shards import read_shard, recipes_of
from sase_bench.database.shelf import proxy_of
from sase_bench.database.store import read_record
from sase_bench.errors import RequestError
from sase_bench.proxies.recipe import Proxy
from sase_bench.record import Record
from sase_bench.space import Space

__all__ = ["LARGEST", "check", "check_shelf"]

#: Bytes that all files of a shelf may have together.
LARGEST = 50_000_000

_QUESTIONS = {
    "curves without a run": "SELECT count(*) FROM epochs ANTI JOIN runs USING (arch, proxy, seed)",
    "runs of a proxy that is not described": "SELECT count(*) FROM runs ANTI JOIN proxies USING (proxy)",
    "runs made with another recipe than their proxy's": (
        "SELECT count(*) FROM runs JOIN proxies USING (proxy) WHERE runs.recipe_hash <> proxies.recipe_hash"
    ),
    "architectures missing": f"SELECT {len(Space('full'))} - count(DISTINCT arch) FROM architectures",
    "proxies whose trunk has no costs": "SELECT count(*) FROM proxies ANTI JOIN costs USING (trunk)",
    "runs that ended ok with a curve of another length than their proxy's": (
        "SELECT count(*) FROM runs JOIN proxies USING (proxy) WHERE status = 'ok' AND proxies.epochs <> "
        "(SELECT count(*) FROM epochs WHERE (epochs.arch, epochs.proxy, epochs.seed) = (runs.arch, runs.proxy, runs.seed))"
    ),
}


def check(table: duckdb.DuckDBPyConnection) -> list[str]:
    """What is wrong with an open table, a line each; nothing if it is whole.

    Every value is read once, for DuckDB to compare with its checksums. What rests on a damaged part is not asked: the lines
    name the parts, and all others can be read.
    """
    problems = [f"{name} is damaged and cannot be read ({reason})" for name, reason in _damaged(table).items()]
    is_readable = not problems
    for what, question in _QUESTIONS.items():
        try:
            (count,) = table.execute(question).fetchone() or (0,)
        except duckdb.Error as error:
            if is_readable:
                problems.append(f"{what} cannot be counted ({str(error).splitlines()[0]})")
            continue
        if count:
            problems.append(f"{count} {what}")
    if is_readable:
        for key in table.execute("SELECT arch, proxy, seed FROM runs ORDER BY proxy, seed, arch").fetchall():
            try:
                read_record(table, key)
            except RequestError as error:
                problems.append(f"run {key}: {error}")
    return problems


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
    folder = path if path.is_dir() else path.parent
    listed = {folder / name: known for name, known in read_sums(folder).items()}
    files = sorted({*path.glob("*.parquet"), *listed}) if path.is_dir() else [path]
    found: dict[Path, list[str]] = {}
    keys: Counter[tuple[int, str, int]] = Counter()
    for file in files:
        if not file.is_file():
            found[file] = ["is missing; fetch it again"]
        elif not matches(file):
            found[file] = [f"is damaged: it does not match its checksum in {SUMS}; fetch it again"]
        elif file.suffix == ".parquet":
            found[file] = _check_shard(file, keys)
        else:
            found[file] = []
    total = sum(file.stat().st_size for file in files if file.is_file())
    if path.is_dir() and total > LARGEST:
        found[path] = [f"its files have {total:,} bytes, more than the {LARGEST:,} that a shelf may have"]
    return found


def _check_shard(path: Path, keys: Counter[tuple[int, str, int]]) -> list[str]:
    """The problems of a shard; `keys` counts the runs of all shards."""
    problems: Counter[str] = Counter()
    try:
        proxies = {name: proxy_of(name, recipe) for name, recipe in recipes_of(path).items()}
        for record in read_shard(path):
            if isinstance(record, RequestError):
                problems[str(record)] += 1
                continue
            keys[record.key] += 1
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
    elif record.status == "ok" and len(record.curve) != proxy.epochs:
        yield f"a run that ended ok with a curve of another length than {proxy.name} has"
