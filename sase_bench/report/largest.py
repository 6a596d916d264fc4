"""What stands beside a comparison of searches, by the table itself: what takes no search, and how sure the best block is.

To try the blocks with the most FLOPs first takes no search at all, and a search has to beat that, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sase_bench.benchmark import Benchmark, Measured
from sase_bench.cost import count
from sase_bench.recipes.registry import PROXIES
from sase_bench.record import COLUMNS
from sase_bench.samples import representative
from sase_bench.space import Architecture
from sase_bench.statistics.effects import separate
from sase_bench.statistics.places import interval_of_place

__all__ = ["LargestFirst", "largest_first"]


@dataclass(frozen=True, kw_only=True)
class LargestFirst:
    """The blocks that stand for a space in order of their FLOPs, the most first; equals in order of their index."""

    blocks: int
    regrets: tuple[float, ...]  # after each of them, by means over the same seeds, in the unit of the metric
    best_at: int  # the place in that order, from 1, of the block with the best mean
    best_place: tuple[int, int] | None  # 95 % interval of that block's true place, 1 = best; None if the noise is not known


def largest_first(db: Path, search: Mapping[str, Any]) -> LargestFirst | None:
    """On the proxy, the space and the metric of a comparison of searches; None where the table has no such blocks."""
    bench = Benchmark.load(db)
    if search["proxy"] not in bench.proxies or search["proxy"] not in PROXIES:
        return None
    everything = bench.measured(search["proxy"], "full")
    archs = representative(set(everything.archs.tolist()), search["space"])
    if not archs:
        return None
    table = everything.complete(archs)
    scores = COLUMNS[search["metric"]].sign * table.means(search["metric"])
    scores = np.where(np.isfinite(scores), scores, np.inf)
    order = np.argsort(
        -count(PROXIES[search["proxy"]].trunk, [Architecture(arch) for arch in table.archs.tolist()]).flops, kind="stable"
    )
    best = np.minimum.accumulate(scores[order])
    return LargestFirst(
        blocks=len(scores),
        regrets=tuple((best - scores.min()).tolist()),
        best_at=1 + int(np.argmin(best)),
        best_place=_best_place(table, search["metric"]),
    )


def _best_place(table: Measured, metric: str) -> tuple[int, int] | None:
    scores = table.scores(metric)
    found = separate(scores[np.isfinite(scores).any(1)])
    sign = COLUMNS[metric].sign
    return None if found.noise is None else interval_of_place(found, int(np.argmin(sign * found.means)), sign=sign)
