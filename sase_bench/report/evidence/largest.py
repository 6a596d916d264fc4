"""What stands beside a comparison of searches, by the table itself: what takes no search, and how sure the best block is.

To try the blocks with the most FLOPs first takes no search at all, and a search has to beat that, too: shown what the searches
were shown, and judged as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sase_bench.benchmark import Benchmark, Measured
from sase_bench.benchmark.arrays import mean_over_seeds
from sase_bench.bo.comparison import Summary, Truth
from sase_bench.bo.comparison.certainty import Certainty, certainty
from sase_bench.bo.comparison.regret import one_seed
from sase_bench.bo.pools import chosen_by, comparable, one_pool
from sase_bench.cost import count
from sase_bench.errors import RequestError
from sase_bench.recipes.registry import PROXIES
from sase_bench.record import COLUMNS
from sase_bench.report.evidence.searches import is_of_means
from sase_bench.search.differentiable import read_found
from sase_bench.space import Architecture

__all__ = ["ByTheTable", "LargestFirst", "by_the_table"]


@dataclass(frozen=True, kw_only=True)
class LargestFirst:
    """The blocks of a pool in order of their FLOPs, the most first; equals in order of their index."""

    blocks: int
    regrets: tuple[float, ...]  # after each of them, in the unit of the metric, mean over repeats; nan before a score
    best_at: int  # the oracle's place in that order, from 1


class ByTheTable(NamedTuple):
    """What a table says of the pool of a comparison, whatever it was when searches were compared."""

    certainty: Certainty | None  # None where the noise of a seed is not known
    largest: LargestFirst


def by_the_table(db: Path, search: Summary, found: Iterable[Path] = ()) -> ByTheTable | None:
    """Of the pool that searches are compared on; None where the table has no such blocks.

    `found` are the files of differentiable searches whose blocks are in the pool, too.
    """
    bench, proxy = Benchmark.load(db), search["proxy"]
    if proxy not in bench.proxies or proxy not in PROXIES:
        return None
    others = chosen_by(map(read_found, found), search["space"])
    try:
        table = comparable(bench.measured(proxy), search["space"], others)
        truth = Truth.of(table, one_pool(table, search["space"]), search["metric"])
        members = truth.pool.members
        flops = count(PROXIES[proxy].trunk, [Architecture(arch) for arch in members.tolist()]).flops
        order = members[np.argsort(-flops, kind="stable")]
        regrets = _regrets(table, truth, order, search)
    except RequestError:
        return None
    largest = LargestFirst(
        blocks=len(members),
        regrets=tuple(regrets.tolist()),
        best_at=1 + int(np.flatnonzero(order == truth.oracle)[0]),
    )
    return ByTheTable(certainty(table, truth), largest)


def _regrets(table: Measured, truth: Truth, order: NDArray[np.int64], search: Summary) -> NDArray[np.float64]:
    """After each of the blocks in `order`, of the one that looked best so far, as the searches of the comparison are judged."""
    if is_of_means(search):
        return np.asarray(np.fmin.accumulate(truth.regret(order)))
    rows, sign = table.row[order], COLUMNS[search["metric"]].sign
    found = []
    for repeat in range(search["repeats"]):
        shown = one_seed(table, repeat)
        looked = sign * mean_over_seeds(np.where(shown.status >= 0, table.scores(search["metric"]), np.nan))[rows]
        looked = np.where(np.isnan(looked), np.inf, looked)
        first = np.maximum.accumulate(np.where(looked <= np.minimum.accumulate(looked), np.arange(len(order)), 0))
        found.append(np.where(np.isinf(looked[first]), np.nan, truth.without(shown).regret(order[first])))
    return mean_over_seeds(np.stack(found, axis=1))
