"""What attention costs in ResNet-50 and ResNet-101 at 224×224, parameters and FLOPs: all by one counter, `sase_bench.cost`."""

from __future__ import annotations

from typing import NamedTuple

from sase_bench.cost import DEFAULT_TRUNKS, cost_in
from sase_bench.modules import Module
from sase_bench.space import Architecture
from sase_bench.trunk import Trunk

__all__ = ["BACKBONE", "TRUNK_OF", "Count", "count_of"]

#: Backbone, as papers call it → its trunk at 224×224.
TRUNK_OF: dict[str, Trunk] = dict(zip(("ResNet-50", "ResNet-101"), DEFAULT_TRUNKS[1:], strict=True))

#: That of which the time of every block is known.
BACKBONE = "ResNet-50"


class Count(NamedTuple):
    """What a whole network costs, or costs more than another."""

    params: int  # learnable numbers
    flops: int  # multiply-accumulates for one image


def count_of(backbone: str, attention: Architecture | Module) -> Count:
    """The backbone with a block or a module in every bottleneck; `Module("none")` is the plain one."""
    return Count(*cost_in(TRUNK_OF[backbone], attention))
