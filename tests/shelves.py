"""Shelves for tests and benchmarks: shards with scores that follow from the key, made in SQL. Nothing was trained for them."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from sase_bench.database import export
from sase_bench.database.dimensions import add_proxies, create
from sase_bench.recipes.registry import PROXIES
from sase_bench.record import COLUMNS, EPOCH_COLUMNS


def write_shelf(
    folder: Path, proxies: Sequence[str] = ("digits",), seeds: int = 2, blocks: str = "arch < 400 AND is_tied"
) -> Path:
    """A shard for each proxy. One run in 97 diverges in its third epoch; blocks differ by more than seeds do."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as table:
        create(table)
        add_proxies(table, [PROXIES[name] for name in proxies])
        for name in proxies:
            _fill(table, name, seeds, blocks)
            export(table, folder / f"{name}.parquet", proxy=name)
    return folder


def _fill(table: duckdb.DuckDBPyConnection, name: str, seeds: int, blocks: str) -> None:
    proxy = PROXIES[name]
    keys = f"SELECT arch, '{name}' AS proxy, seed FROM architectures, range({seeds}) AS numbers(seed) WHERE {blocks}"
    table.execute(
        f"CREATE TEMP TABLE drawn AS SELECT *, hash(arch, proxy, seed) % 97 = 0 AS diverges, epoch, "
        f"{_number('arch')} AS block, {_number('arch, proxy, seed, epoch')} AS noise "
        f"FROM ({keys}), range(1, {proxy.epochs} + 1) AS numbers(epoch)"
    )
    points = {
        "train_loss": "(2 - block) / epoch + 0.2 * noise",
        "val_loss": "(2 - block) / epoch + 0.3 * noise",
        "val_top1": "0.5 * block + 0.3 * noise",
        "seconds": "0.1 + 0.01 * noise",
    }
    assert list(points) == list(EPOCH_COLUMNS)[1:]
    table.execute(
        f"INSERT INTO epochs SELECT arch, proxy, seed, epoch, {', '.join(points.values())} FROM drawn "
        "WHERE NOT diverges OR epoch < 3 ORDER BY proxy, seed, arch, epoch"
    )
    score = "CASE WHEN NOT diverges THEN {} END"
    values = {
        "arch": "arch",
        "proxy": "proxy",
        "seed": "seed",
        "status": "if(diverges, 'diverged', 'ok')",
        "reason": "if(diverges, 'validation loss not finite in epoch 3', NULL)",
        **{column: score.format(points[column]) for column in ("train_loss", "val_loss", "val_top1")},
        "test_loss": score.format(f"{points['val_loss']} + 0.1"),
        "test_top1": score.format(f"{points['val_top1']} / 2"),
        "train_seconds": "0.9 + noise",
        "eval_seconds": "0.1",
        "peak_memory": "1000000",
        "path": "'eager'",
        "device": "'none'",
        "threads": "1",
        "started_at": "'2026-11-22T12:00:00+00:00'",
        "recipe_hash": f"'{proxy.recipe_hash}'",
        "package_version": "'0'",
        "torch_version": "'0'",
        "git_revision": "NULL",
    }
    chosen = ", ".join(f"{values[column]} AS {column}" for column in COLUMNS)
    table.execute(f"INSERT INTO runs SELECT {chosen} FROM drawn WHERE epoch = {proxy.epochs} ORDER BY proxy, seed, arch")
    table.execute("DROP TABLE drawn")


def _number(key: str) -> str:
    """A number in 0..1 that follows from the key."""
    return f"hash({key}) / 18446744073709551616.0"


def rewrite(shard: Path, path: Path, change: str) -> None:
    """The same shard with other columns, as a stranger could have made it."""
    with duckdb.connect() as connection:
        rows = connection.execute(f"SELECT decode(key), decode(value) FROM parquet_kv_metadata('{shard}')").fetchall()
        meta = ", ".join(f"{key}: '{value}'" for key, value in rows)
        source = f"SELECT * {change} FROM read_parquet('{shard}')"
        connection.execute(f"COPY ({source}) TO '{path}' (FORMAT parquet, KV_METADATA {{{meta}}})")
