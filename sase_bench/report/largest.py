"""What a search has to beat besides the others: to try the blocks with the most FLOPs first, which takes no search at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sase_bench.benchmark import Benchmark
from sase_bench.cost import count
from sase_bench.recipes.registry import PROXIES
from sase_bench.record import COLUMNS
from sase_bench.samples import representative
from sase_bench.space import Architecture

__all__ = ["LargestFirst", "largest_first"]


@dataclass(frozen=True, kw_only=True)
class LargestFirst:
    """The blocks that stand for a space in order of their FLOPs, the most first; equals in order of their index."""

    blocks: int
    regrets: tuple[float, ...]  # after each of them, by means over the same seeds, in the unit of the metric
    best_at: int  # the place in that order, from 1, of the best block


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
    regrets = best - scores.min()
    return LargestFirst(blocks=len(scores), regrets=tuple(regrets.tolist()), best_at=1 + int(np.argmin(best)))
