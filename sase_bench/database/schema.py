"""The schema of the table: DDL derived from `sase_bench.record` and `sase_bench.space`, its version, and migrations.

Tables: `architectures` (all 117,649), `proxies` (recipes), `runs` (one row a seed), `epochs` (learning curves), `costs` (by
architecture and trunk), `calibrations` (how far the scores of a proxy can be trusted), `predictions` (of validation scores,
one row for each architecture and predictor; never among the measured), `modules` (published modules and the plain trunk,
with numbers for `arch`), `module_runs` and `module_epochs` (theirs, with the columns of `runs` and `epochs`), `about` (key
and value; under `LATENCY` and a trunk's name, as JSON, what the column `latency` of that trunk stands for). Views:
`validation_runs` is `runs` without the test scores; `scores` sums up the seeds of each architecture on each proxy,
validation only.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

from sase_bench.cost import slot_costs
from sase_bench.database.refusals import refused
from sase_bench.database.version import SCHEMA_VERSION
from sase_bench.errors import RequestError
from sase_bench.modules import all_modules
from sase_bench.recipes.recipe import Proxy
from sase_bench.recipes.splits import checksums
from sase_bench.record import COLUMNS, EPOCH_COLUMNS, FIRST_MODULE, KEY, Column
from sase_bench.space import OPERATIONS, PLACES, RADIX, SLOTS, Space
from sase_bench.trunk import Trunk

__all__ = [
    "BLOCK_TABLES",
    "LATENCY",
    "MODULE_TABLES",
    "PREDICTIONS",
    "add_costs",
    "add_modules",
    "add_proxies",
    "architectures_sql",
    "costs_sql",
    "create",
    "describe",
    "migrate",
    "schema_sql",
    "tables_for",
    "version_of",
]

#: With the name of a trunk behind it, the key in `about` of what that trunk's `latency` stands for.
LATENCY = "latency of "

#: What turns a table of the version that is the key into the next one.
MIGRATIONS: dict[int, Callable[[duckdb.DuckDBPyConnection], None]] = {}

_TEST_COLUMNS = ", ".join(name for name, column in COLUMNS.items() if column.split == "test")


#: Its own statement, because a table that was made before there were predictions gets it when it gets some.
PREDICTIONS = """
CREATE TABLE IF NOT EXISTS predictions (
    proxy VARCHAR NOT NULL,
    metric VARCHAR NOT NULL,
    predictor VARCHAR NOT NULL,
    arch BIGINT NOT NULL,
    mean DOUBLE NOT NULL,
    sd DOUBLE NOT NULL
);
""".strip()


#: The tables of runs and of their curves.
BLOCK_TABLES, MODULE_TABLES = ("runs", "epochs"), ("module_runs", "module_epochs")


def tables_for(arch: int) -> tuple[str, str]:
    """Where runs with this `arch` and their curves are: those of published modules never stand among the blocks'."""
    return MODULE_TABLES if arch >= FIRST_MODULE else BLOCK_TABLES


def _define(columns: Iterable[Column]) -> str:
    return ",\n".join(f"    {column.name} {column.sql_type}{'' if column.nullable else ' NOT NULL'}" for column in columns)


def _runs_sql(tables: tuple[str, str], *, create: str = "CREATE TABLE") -> str:
    runs, epochs = tables
    key = ", ".join(KEY)
    return f"""
{create} {runs} (
{_define(COLUMNS.values())},
    PRIMARY KEY ({key})
);

{create} {epochs} (
{_define(COLUMNS[name] for name in KEY)},
{_define(EPOCH_COLUMNS.values())},
    PRIMARY KEY ({key}, epoch)
);
""".strip()


#: As `PREDICTIONS`: an older table gets these with the first module that is trained.
MODULES = f"""
CREATE TABLE IF NOT EXISTS modules (
    arch BIGINT PRIMARY KEY,
    module VARCHAR NOT NULL,
    title VARCHAR,
    year BIGINT,
    reference VARCHAR
);

{_runs_sql(MODULE_TABLES, create="CREATE TABLE IF NOT EXISTS")}
""".strip()


def add_modules(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables of published modules where they are not there yet, and name every module."""
    connection.execute(MODULES)
    for module in all_modules():
        paper = module.published
        about = [None] * 3 if paper is None else [paper.title, paper.year, paper.reference]
        connection.execute("INSERT OR REPLACE INTO modules VALUES (?, ?, ?, ?, ?)", [module.index, module.name, *about])


def schema_sql() -> str:
    """Every CREATE statement, in order."""
    slots = ",\n".join(
        f"    {slot} ENUM({', '.join(repr(name) for name in names)}) NOT NULL" for slot, names in OPERATIONS.items()
    )
    text = " || '/' || ".join(f"{slot}::VARCHAR" for slot in SLOTS)
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

{_runs_sql(BLOCK_TABLES)}

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

{PREDICTIONS}

{MODULES}

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
    connection.execute(f"INSERT INTO architectures {architectures_sql()}")


def architectures_sql() -> str:
    """The SELECT that gives `architectures` without its generated column, operations by name."""
    columns = []
    for place, (slot, names) in zip(PLACES, OPERATIONS.items(), strict=True):
        columns.append(f"[{', '.join(repr(name) for name in names)}][1 + arch // {place} % {RADIX}] AS {slot}")
    tied = "channel_excite = channel_gate AND gated_squeeze = spatial_squeeze"
    return (
        f"SELECT *, {tied} AS is_tied FROM "
        f"(SELECT arch, {', '.join(columns)} FROM range({len(Space('full'))}) AS numbers(arch))"
    )


def add_proxies(connection: duckdb.DuckDBPyConnection, proxies: Iterable[Proxy]) -> None:
    """Enter recipes that are not there yet, with the parameters and FLOPs of all architectures in their trunks.

    Raises `RequestError` where the table has another recipe under the same name.
    """
    known = dict(connection.execute("SELECT proxy, recipe_hash FROM proxies").fetchall())
    for proxy in proxies:
        if proxy.name in known:
            if known[proxy.name] != proxy.recipe_hash:
                raise RequestError(
                    f"the table's proxy {proxy.name} has the recipe {known[proxy.name]}, this program's has "
                    f"{proxy.recipe_hash}; their runs do not mix, use another table (--db)"
                )
            continue
        describe(connection, proxy, checksums(proxy))
        add_costs(connection, proxy.trunk)


def describe(connection: duckdb.DuckDBPyConnection, proxy: Proxy, splits: Mapping[str, str]) -> None:
    """Enter one recipe, with the checksums of its splits."""
    connection.execute(
        f"INSERT INTO proxies VALUES ({', '.join('?' * 12)})",
        [
            proxy.name, proxy.recipe_hash, proxy.dataset, proxy.resolution, proxy.trunk.name, proxy.epochs,
            proxy.train_size, proxy.val_size, proxy.test_size,
            json.dumps(proxy.recipe(), sort_keys=True), json.dumps(splits), proxy.description,
        ],
    )  # fmt: skip


def add_costs(connection: duckdb.DuckDBPyConnection, trunk: Trunk, latency: NDArray[np.float64] | None = None) -> None:
    """Enter the costs of all architectures in `trunk`, unless they are there; `latency` in seconds, in order of the index."""
    if connection.execute("SELECT 1 FROM costs WHERE trunk = ? LIMIT 1", [trunk.name]).fetchone():
        return
    connection.execute(f"INSERT INTO costs {costs_sql(trunk)}")
    if latency is not None:
        connection.register("timed", {"arch": np.arange(len(latency)), "latency": latency})
        set_latency = "UPDATE costs SET latency = timed.latency FROM timed WHERE costs.arch = timed.arch AND costs.trunk = ?"
        connection.execute(set_latency, [trunk.name])


def costs_sql(trunk: Trunk) -> str:
    """The SELECT that gives the rows of `costs` for all architectures in `trunk`: sums over slots, as in `cost.count`."""
    constant, table = slot_costs(trunk)
    sums = []
    for column, name in enumerate(("params", "flops")):
        terms = [f"{table[i, :, column].tolist()}[1 + arch // {place} % {RADIX}]" for i, place in enumerate(PLACES)]
        sums.append(" + ".join([f"{constant[column]}::BIGINT", *terms]) + f" AS {name}")
    return (
        f"SELECT arch, '{trunk.name}' AS trunk, {', '.join(sums)}, NULL::DOUBLE AS latency "
        f"FROM range({len(Space('full'))}) AS numbers(arch)"
    )


def version_of(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    """The schema version of an open table. Raises `RequestError` for a file that is none, or that a newer program made."""
    try:
        about = dict(connection.execute("SELECT key, value FROM about").fetchall())
    except (duckdb.CatalogException, duckdb.BinderException):  # no such table, or one with other columns
        about = {}
    except duckdb.Error as error:
        raise refused(path, error) from error
    if about.get("format") != "sase-bench":
        raise RequestError(f"{str(path)!r} is a DuckDB file but not a sase-bench table; name another file with --db")
    written = str(about.get("schema_version"))
    if not (written.isascii() and written.isdecimal() and len(written) < 10):
        raise RequestError(f"{str(path)!r} is damaged: its schema version is a whole number, got {written[:40]!r}")
    version = int(written)
    if version < SCHEMA_VERSION and not {*range(version, SCHEMA_VERSION)} <= set(MIGRATIONS):
        raise RequestError(f"{str(path)!r} has schema {version}, which no release of sase-bench wrote; name another file")
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
