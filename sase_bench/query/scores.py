"""The scores of a proxy's blocks by seed, as an array."""

from __future__ import annotations

from collections.abc import Set
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sase_bench.database.rows import has_modules
from sase_bench.database.schema import MODULE_TABLES
from sase_bench.query.source import Source

__all__ = ["Scores", "scores_of"]


class Scores(NamedTuple):
    """Of k blocks and modules and s seeds, in the unit of the column."""

    archs: list[int]  # k, ascending
    seeds: list[int]  # s, ascending
    values: NDArray[np.float64]  # (k, s), nan without an ok run


def scores_of(source: Source, proxy: str, column: str, among: Set[int] | None = None, *, with_modules: bool = False) -> Scores:
    """What the column of runs has for blocks, all or those `among` some, by seed.

    Blocks and seeds that have no value at all are left out; published modules stand behind the blocks, if they are to.
    """
    tables = [source.runs, *([MODULE_TABLES[0]] if with_modules and has_modules(source.connection) else [])]
    chosen = f"WHERE proxy = $proxy AND status = 'ok' AND {column} IS NOT NULL"
    sql = " UNION ALL ".join(f"SELECT arch, seed, {column} FROM {name} {chosen}" for name in tables)
    runs = [run for run in source.rows(sql, {"proxy": proxy}) if among is None or run[0] in among]
    archs, rows = np.unique(np.asarray([arch for arch, _, _ in runs], dtype=np.int64), return_inverse=True)
    seeds, columns = np.unique(np.asarray([seed for _, seed, _ in runs], dtype=np.int64), return_inverse=True)
    found = np.full((len(archs), len(seeds)), np.nan)
    found[rows, columns] = [value for _, _, value in runs]
    return Scores(archs.tolist(), seeds.tolist(), found)
