"""The schema of the table: DDL derived from `sase_bench.record` and `sase_bench.space`, its version, and migrations.

Tables: `architectures` (all 117,649), `proxies` (recipes), `runs` (one row a seed), `epochs` (learning curves), `costs`
(by architecture and trunk), `calibrations` (how far the scores of a proxy can be trusted), `about` (key and value; under
`LATENCY` and a trunk's name, as JSON, what the column `latency` of that trunk stands for). Views: `validation_runs` is `runs`
without the test scores; `scores` sums up the seeds of each architecture on each proxy, validation only.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from sase_bench.cost import count
from sase_bench.errors import RequestError
from sase_bench.proxies.recipe import Proxy
from sase_bench.proxies.splits import checksums
from sase_bench.record import COLUMNS, EPOCH_COLUMNS, KEY, Column
from sase_bench.space import OPERATIONS, SLOTS, Space
from sase_bench.trunk import Trunk

__all__ = ["LATENCY", "SCHEMA_VERSION", "add_costs", "add_proxies", "create", "migrate", "schema_sql", "version_of"]

#: Raised by one whenever a released table would no longer fit; `MIGRATIONS` then says how to get there.
SCHEMA_VERSION = 1

#: With the name of a trunk behind it, the key in `about` of what that trunk's `latency` stands for.
LATENCY = "latency of "

#: What turns a table of the version that is the key into the next one.
MIGRATIONS: dict[int, Callable[[duckdb.DuckDBPyConnection], None]] = {}

_TEST_COLUMNS = ", ".join(name for name, column in COLUMNS.items() if column.split == "test")


def _define(columns: Iterable[Column]) -> str:
    return ",\n".join(f"    {column.name} {column.sql_type}{'' if column.nullable else ' NOT NULL'}" for column in columns)


def schema_sql() -> str:
    """Every CREATE statement, in order."""
    slots = ",\n".join(
        f"    {slot} ENUM({', '.join(repr(name) for name in names)}) NOT NULL" for slot, names in OPERATIONS.items()
    )
    text = " || '/' || ".join(f"{slot}::VARCHAR" for slot in SLOTS)
    key = ", ".join(KEY)
    scores = ",\n".join(  # in order of the seeds, so that the last bit of a mean does not depend on the order of the rows
        f"    {function}({name} ORDER BY seed) FILTER (status = 'ok') AS {name}{suffix}"
        for name in ("val_top1", "val_loss", "train_seconds")
        for function, suffix in (("avg", ""), ("stddev_samp", "_sd"))
    )
    return f"""
CREATE TABLE about (key VARCHAR PRIMARY KEY, value VARCHAR NOT NULL);

CREATE TABLE architectures (
    arch BIGINT NOT NULL,
{slots},
    is_tied BOOLEAN NOT NULL,
    text VARCHAR GENERATED ALWAYS AS ({text}) VIRTUAL
);

CREATE TABLE proxies (
    proxy VARCHAR PRIMARY KEY,
    recipe_hash VARCHAR NOT NULL,
    dataset VARCHAR NOT NULL,
    resolution BIGINT NOT NULL,
    trunk VARCHAR NOT NULL,
    epochs BIGINT NOT NULL,
    train_size BIGINT NOT NULL,
    val_size BIGINT NOT NULL,
    test_size BIGINT NOT NULL,
    recipe VARCHAR NOT NULL,
    splits VARCHAR NOT NULL,
    description VARCHAR NOT NULL
);

CREATE TABLE runs (
{_define(COLUMNS.values())},
    PRIMARY KEY ({key})
);

CREATE TABLE epochs (
{_define(COLUMNS[name] for name in KEY)},
{_define(EPOCH_COLUMNS.values())},
    PRIMARY KEY ({key}, epoch)
);

CREATE TABLE costs (
    arch BIGINT NOT NULL,
    trunk VARCHAR NOT NULL,
    params BIGINT NOT NULL,
    flops BIGINT NOT NULL,
    latency DOUBLE -- seconds
);

CREATE TABLE calibrations (
    proxy VARCHAR NOT NULL,
    metric VARCHAR NOT NULL,
    blocks BIGINT NOT NULL,
    seeds BIGINT NOT NULL,
    icc DOUBLE,
    icc_low DOUBLE,
    icc_high DOUBLE,
    reliability DOUBLE,
    reliability_low DOUBLE,
    reliability_high DOUBLE,
    reference VARCHAR,
    reference_blocks BIGINT,
    validity DOUBLE,
    validity_low DOUBLE,
    validity_high DOUBLE,
    unscored BIGINT NOT NULL,
    runs BIGINT NOT NULL,
    seconds DOUBLE NOT NULL
);

CREATE VIEW validation_runs AS SELECT * EXCLUDE ({_TEST_COLUMNS}) FROM runs;

CREATE VIEW scores AS
SELECT
    arch,
    proxy,
    count(*) AS runs,
    count(*) FILTER (status = 'ok') AS seeds,
    count(*) FILTER (status = 'diverged') AS diverged,
    count(*) FILTER (status = 'failed') AS failed,
{scores}
FROM runs
GROUP BY arch, proxy;
""".lstrip()


def create(connection: duckdb.DuckDBPyConnection) -> None:
    """Make an empty table of the current version, with all architectures in it."""
    connection.execute(schema_sql())
    connection.execute("INSERT INTO about VALUES ('format', 'sase-bench'), ('schema_version', ?)", [str(SCHEMA_VERSION)])
    columns = []
    for i, (slot, names) in enumerate(OPERATIONS.items()):
        place = 7 ** (len(SLOTS) - 1 - i)
        columns.append(f"[{', '.join(repr(name) for name in names)}][1 + arch // {place} % 7] AS {slot}")
    tied = "channel_excite::VARCHAR = channel_gate::VARCHAR AND gated_squeeze::VARCHAR = spatial_squeeze::VARCHAR"
    connection.execute(
        f"INSERT INTO architectures SELECT *, {tied} FROM "
        f"(SELECT arch, {', '.join(columns)} FROM range({len(Space('full'))}) AS numbers(arch))"
    )


def add_proxies(connection: duckdb.DuckDBPyConnection, proxies: Iterable[Proxy]) -> None:
    """Enter recipes that are not there yet, with the parameters and FLOPs of all architectures in their trunks.

    Raises `RequestError` where the table has another recipe under the same name.
    """
    known = dict(connection.execute("SELECT proxy, recipe_hash FROM proxies").fetchall())
    trunks = {row[0] for row in connection.execute("SELECT DISTINCT trunk FROM costs").fetchall()}
    for proxy in proxies:
        if proxy.name in known:
            if known[proxy.name] != proxy.recipe_hash:
                raise RequestError(
                    f"the table's proxy {proxy.name} has the recipe {known[proxy.name]}, this program's has "
                    f"{proxy.recipe_hash}; their runs do not mix, use another table (--db)"
                )
            continue
        connection.execute(
            f"INSERT INTO proxies VALUES ({', '.join('?' * 12)})",
            [
                proxy.name, proxy.recipe_hash, proxy.dataset, proxy.resolution, proxy.trunk.name, proxy.epochs,
                proxy.train_size, proxy.val_size, proxy.test_size,
                json.dumps(proxy.recipe(), sort_keys=True), json.dumps(checksums(proxy)), proxy.description,
            ],
        )  # fmt: skip
        if proxy.trunk.name not in trunks:
            trunks.add(proxy.trunk.name)
            add_costs(connection, proxy.trunk)


def add_costs(connection: duckdb.DuckDBPyConnection, trunk: Trunk, latency: NDArray[np.float64] | None = None) -> None:
    """Enter the costs of all architectures in a trunk that has none yet; `latency` in seconds, in order of the index."""
    space = Space("full")
    cost = count(trunk, space.digits())
    arrays: dict[str, NDArray[Any]] = {"arch": space.indices.astype("int64"), "params": cost.params, "flops": cost.flops}
    if latency is not None:
        arrays["latency"] = latency
    connection.register("counted", arrays)
    column = "NULL" if latency is None else "latency"
    connection.execute(f"INSERT INTO costs SELECT arch, ?, params, flops, {column} FROM counted", [trunk.name])
    connection.unregister("counted")


def version_of(connection: duckdb.DuckDBPyConnection, path: object) -> int:
    """The schema version of an open table. Raises `RequestError` for a file that is none, or that a newer program made."""
    try:
        about = dict(connection.execute("SELECT key, value FROM about").fetchall())
    except duckdb.Error:
        about = {}
    if about.get("format") != "sase-bench":
        raise RequestError(f"{str(path)!r} is a DuckDB file but not a sase-bench table; name another file with --db")
    version = int(about["schema_version"])
    if version > SCHEMA_VERSION:
        raise RequestError(f"{str(path)!r} has schema {version}, this program knows up to {SCHEMA_VERSION}; upgrade sase-bench")
    return version


def migrate(connection: duckdb.DuckDBPyConnection, version: int) -> None:
    """Bring a table of an older version up to the current one, step by step, in one transaction."""
    connection.execute("BEGIN")
    for step in range(version, SCHEMA_VERSION):
        MIGRATIONS[step](connection)
        connection.execute("UPDATE about SET value = ? WHERE key = 'schema_version'", [str(step + 1)])
    connection.execute("COMMIT")
