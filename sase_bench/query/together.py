"""Seeds that were trained together: they share one wall-clock time, so their `train_seconds` are not independent.

Unless a run's `path` is `eager`, the time of its batch was divided by the seeds in it: between them there is no spread, and
what spread there is between batches is not that of seeds. Such blocks have a mean time, but no sd and no interval.
"""

from __future__ import annotations

from sase_bench.database.rows import has_modules
from sase_bench.database.schema import BLOCK_TABLES, MODULE_TABLES
from sase_bench.query.metrics import METRICS, Metric
from sase_bench.query.source import Source

__all__ = ["NOTE", "is_shared", "sd_sql", "trained_together"]

NOTE = "train_seconds: seeds that were trained together share one time, so there is no sd and no interval over seeds"

_TIME = METRICS["train_seconds"]


def is_shared(metric: Metric) -> bool:
    """Whether seeds that were trained together have one value of the metric between them."""
    return metric is _TIME


def sd_sql(column: str, only: str = "") -> str:
    """The standard deviation of a column of runs over the seeds, as SQL; `only` is a FILTER clause."""
    sd = f"stddev_samp({column} ORDER BY seed) {only}"
    return f"CASE WHEN bool_and(path = 'eager') {only} THEN {sd} END" if column == _TIME.val_column else sd


def trained_together(source: Source, proxy: str) -> set[int]:
    """The blocks and modules, by index, with a run on the proxy that ended ok and was not trained alone."""
    runs = [BLOCK_TABLES[0], *([MODULE_TABLES[0]] if has_modules(source.connection) else [])]
    chosen = "WHERE proxy = $proxy AND status = 'ok' AND path != 'eager'"
    sql = " UNION ".join(f"SELECT arch FROM {table} {chosen}" for table in runs)
    return {arch for (arch,) in source.rows(sql, {"proxy": proxy})}
