"""Exact parameters and FLOPs of every architecture and every published module in every trunk, without building one.

`python -m sase_bench.cost 54983 triplet --trunk resnet50` prints them. Blocks are counted by formulas; modules were counted
once as they are built, into a file. Neither needs torch.

>>> from sase_bench.modules import Module
>>> from sase_bench.space import SASE_BLOCK
>>> [tuple(cost_in(find_trunk("resnet50"), attention)) for attention in (SASE_BLOCK, Module("se"), Module("none"))]
[(28102568, 4092006748), (28088024, 4091699200), (25557032, 4089184256)]
"""

from sase_bench.cost.blocks import Cost, count, operation_costs, slot_costs
from sase_bench.cost.modules import cost_in
from sase_bench.cost.trunks import DEFAULT_TRUNKS, TRUNKS, find_trunk

__all__ = ["DEFAULT_TRUNKS", "TRUNKS", "Cost", "cost_in", "count", "find_trunk", "operation_costs", "slot_costs"]
