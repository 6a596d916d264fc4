"""The schema of the table: DDL derived from `sase_bench.record` and `sase_bench.space`.

Tables: `architectures` (all 117,649), `proxies` (recipes), `runs` (one row a seed), `epochs` (learning curves), `costs` (by
architecture and trunk), `calibrations` (how far the scores of a proxy can be trusted), `predictions` (of validation scores,
one row for each architecture and predictor; never among the measured), `modules` (published modules and the plain trunk,
with numbers for `arch`), `module_runs` and `module_epochs` (theirs, with the columns of `runs` and `epochs`), `about` (key
and value; under `LATENCY` and a trunk's name, as JSON, what the column `latency` of that trunk stands for). Views:
`validation_runs` is `runs` without the test scores; `scores` sums up the seeds of each architecture on each proxy,
validation only.
"""

from collections.abc import Iterable

from sase_bench.record import COLUMNS, EPOCH_COLUMNS, KEY, Column, is_module
from sase_bench.space import OPERATIONS, SLOTS

__all__ = ["BLOCK_TABLES", "LATENCY", "MODULES", "MODULE_TABLES", "PREDICTIONS", "schema_sql", "tables_for"]

#: With the name of a trunk behind it, the key in `about` of what that trunk's `latency` stands for.
LATENCY = "latency of "

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
    return MODULE_TABLES if is_module(arch) else BLOCK_TABLES


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
