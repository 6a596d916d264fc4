"""Searches without a surrogate of ours: random, local search, evolution, and those of other libraries, behind one protocol.

Every strategy is built as `strategy(pool, seed)`, is asked for blocks and told objectives, and never asks for one twice; see
`sase_bench.benchmark.Strategy`. Those with a surrogate are in `sase_bench.bo`, which also has the command line.
"""

from collections.abc import Callable

from sase_bench.benchmark import Strategy
from sase_bench.search.evolution import RegularisedEvolution
from sase_bench.search.local_search import LocalSearch
from sase_bench.search.pool import History, Pool
from sase_bench.search.random_search import RandomSearch
from sase_bench.search.smac import SMAC
from sase_bench.search.tpe import TPE

__all__ = ["STRATEGIES", "History", "Pool", "Strategy"]

#: Strategies by name, each built from a pool and a seed.
STRATEGIES: dict[str, Callable[[Pool, int], Strategy]] = {
    "random": RandomSearch,
    "local": LocalSearch,
    "evolution": RegularisedEvolution,
    "tpe": TPE,
    "smac": SMAC,
}
