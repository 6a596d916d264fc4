"""What each seed does to all blocks alike, which has no say in their order.

Some seeds are kinder than others, to every block. Where all blocks have the same ones that moves none past another; where they
have not, plain means would put blocks ahead whose seeds happened to be kind. So blocks are ordered by their mean less the mean
level of their seeds, found by exact least squares (`sase_bench.statistics.effects`): the mean that they would have over the
seeds that most blocks share. Published modules that were trained in the place of a block have their say on the seeds, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from sase_bench.database.rows import has_modules
from sase_bench.database.schema import BLOCK_TABLES, MODULE_TABLES
from sase_bench.query.scores import scores_of
from sase_bench.query.source import Source
from sase_bench.record import is_module
from sase_bench.statistics.effects import separate
from sase_bench.statistics.panels import most_informative

__all__ = ["Levels", "level_sql", "levels_of", "note_on"]

#: Seed → what it adds to every score of a column, in the column's unit; empty where all blocks have the same seeds.
Levels = Mapping[int, float]


def levels_of(source: Source, proxy: str, columns: Iterable[str]) -> dict[str, Levels]:
    """The levels of each of these columns of scores on the proxy; 0 on average over the seeds that most blocks share."""
    tables = [BLOCK_TABLES[0], *([MODULE_TABLES[0]] if has_modules(source.connection) else [])]
    runs = " UNION ALL ".join(f"SELECT arch, seed FROM {name} WHERE proxy = $proxy AND status = 'ok'" for name in tables)
    lists = f"SELECT DISTINCT list(seed ORDER BY seed) AS seeds FROM ({runs}) GROUP BY arch LIMIT 2"
    if len(source.rows(lists, {"proxy": proxy})) < 2:
        return {column: {} for column in columns}
    return {column: _levels(source, proxy, column) for column in columns}


def level_sql(levels: Levels) -> str:
    """The mean level of a block's seeds, as SQL over its runs."""
    cases = " ".join(f"WHEN {seed} THEN {level!r}" for seed, level in levels.items())
    return f"avg(CASE seed {cases} END ORDER BY seed)" if cases else "0.0"


def note_on(levels: Levels) -> str:
    """What the reader of an order is to know."""
    kind = min(levels, key=lambda seed: levels[seed])
    return (
        "blocks have different seeds, so they are ordered by their means less what their seeds do to all blocks alike: "
        f"{levels[kind]:+.2g} with seed {kind}, up to {max(levels.values()):+.2g} with others"
    )


def _levels(source: Source, proxy: str, column: str) -> Levels:
    found = scores_of(source, proxy, column, with_modules=True)
    if not found.archs:
        return {}
    levels = separate(found.values).levels
    blocks = np.asarray([not is_module(arch) for arch in found.archs])
    shared = most_informative(np.isfinite(found.values[blocks] if blocks.any() else found.values))
    return dict(zip(found.seeds, (levels - levels[shared].mean()).tolist(), strict=True))
