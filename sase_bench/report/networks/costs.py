"""What attention costs in ResNet-50 and ResNet-101 at 224×224, parameters and FLOPs: all by one counter, `sase_bench.cost`."""

from __future__ import annotations

from sase_bench.cost import DEFAULT_TRUNKS, cost_in
from sase_bench.modules import Module
from sase_bench.space import Architecture
from sase_bench.trunk import NetworkCost, Trunk

__all__ = ["BACKBONE", "TRUNK_OF", "cost_of"]

#: Backbone, as papers call it → its trunk at 224×224.
TRUNK_OF: dict[str, Trunk] = dict(zip(("ResNet-50", "ResNet-101"), DEFAULT_TRUNKS[1:], strict=True))

#: That of which the time of every block is known.
BACKBONE = "ResNet-50"


def cost_of(backbone: str, attention: Architecture | Module) -> NetworkCost:
    """The backbone with a block or a module in every bottleneck; `Module("none")` is the plain one."""
    return cost_in(TRUNK_OF[backbone], attention)
