"""What stands beside a comparison of searches, by the table itself: what takes no search, and how sure the best block is.

To try the blocks with the most FLOPs first takes no search at all, and a search has to beat that, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sase_bench.benchmark import Benchmark
from sase_bench.bo.comparison import Truth
from sase_bench.bo.comparison.certainty import certainty
from sase_bench.bo.pools import comparable, one_pool
from sase_bench.cost import count
from sase_bench.errors import RequestError
from sase_bench.recipes.registry import PROXIES
from sase_bench.space import Architecture

__all__ = ["LargestFirst", "largest_first"]


@dataclass(frozen=True, kw_only=True)
class LargestFirst:
    """The blocks that stand for a space in order of their FLOPs, the most first; equals in order of their index."""

    blocks: int
    regrets: tuple[float, ...]  # after each of them, in the unit of the metric; nan before one has a score
    best_at: int  # the oracle's place in that order, from 1
    best_place: tuple[int, int] | None  # 95 % interval of that block's true place, 1 = best; None if the noise is not known


def largest_first(db: Path, proxy: str, space: str, metric: str) -> LargestFirst | None:
    """On what searches of a space are compared on; None where the table has no such blocks."""
    bench = Benchmark.load(db)
    if proxy not in bench.proxies or proxy not in PROXIES:
        return None
    try:
        table = comparable(bench.measured(proxy), space)
        truth = Truth.of(table, one_pool(table, space), metric)
    except RequestError:
        return None
    members = truth.pool.members
    flops = count(PROXIES[proxy].trunk, [Architecture(arch) for arch in members.tolist()]).flops
    order = members[np.argsort(-flops, kind="stable")]
    regrets = np.fmin.accumulate(truth.regret(order))
    certain = certainty(table, truth)
    return LargestFirst(
        blocks=len(members),
        regrets=tuple(regrets.tolist()),
        best_at=1 + int(np.flatnonzero(order == truth.oracle)[0]),
        best_place=None if certain is None else (certain["oracle_place"][0], certain["oracle_place"][1]),
    )
