"""A made-up table for searches to be compared on."""

from sase_bench.bo.comparison.regret import Truth
from sase_bench.search import Pool
from sase_bench.space import Space
from tests.search.tables import measured

TABLE = measured(every=8)
POOL = Pool.of(Space("tied"), TABLE.archs.tolist())
TRUTH = Truth.of(TABLE, POOL, "val_top1")
