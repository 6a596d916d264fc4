"""What is timed by itself, so that the time of every network can be put together: the parts of a trunk with blocks in it.

A block takes the time of its six operations and of its wiring: the gating g⊙x, the concatenation, the mixer and the
combination x⊙(a+s)/2+x. A network takes the time of the plain trunk and of one block a residual branch. Parts are told apart
by the shape of the map they work on, so trunks share the parts of shapes that they share.

>>> from sase_bench.cost import DEFAULT_TRUNKS
>>> [len(parts_of(trunk)) for trunk in DEFAULT_TRUNKS], len({part for trunk in DEFAULT_TRUNKS for part in parts_of(trunk)})
([130, 173, 173], 304)
"""

from __future__ import annotations

from dataclasses import dataclass

from sase_bench.space import OPERATIONS
from sase_bench.trunk import CifarTrunk, Stage, Trunk

__all__ = ["TRUNK_ALONE", "WIRING", "Part", "operation_part", "parts_of", "plain", "wiring"]

#: Stands for a slot where the wiring of a block is timed.
WIRING = "wiring"

#: Stands for a slot where a whole trunk without blocks is timed.
TRUNK_ALONE = "plain"


@dataclass(frozen=True, order=True)
class Part:
    """An operation of a slot, the wiring of a block, or a plain trunk, on an input of channels × height × width."""

    slot: str  # one of the six, WIRING or TRUNK_ALONE
    operation: str  # its name; the trunk's, for a plain one; empty for the wiring
    channels: int
    height: int  # pixels
    width: int  # pixels

    def __str__(self) -> str:
        return f"{self.slot} {self.operation}".strip() + f" on {self.channels}x{self.height}x{self.width}"


def operation_part(slot: str, operation: str, stage: Stage) -> Part:
    """The part that is one operation on the maps of a stage."""
    return Part(slot, operation, stage.channels, stage.height, stage.width)


def wiring(stage: Stage) -> Part:
    """The part that every block on the maps of a stage has."""
    return Part(WIRING, "", stage.channels, stage.height, stage.width)


def plain(trunk: Trunk) -> Part:
    """The part that is the trunk without blocks."""
    channels = trunk.in_channels if isinstance(trunk, CifarTrunk) else 3
    return Part(TRUNK_ALONE, trunk.name, channels, trunk.resolution, trunk.resolution)


def parts_of(trunk: Trunk) -> list[Part]:
    """Every part that a network on `trunk` can have: the plain trunk, then stage by stage the wiring and 42 operations."""
    parts = [plain(trunk)]
    for stage in trunk.stages:
        parts.append(wiring(stage))
        parts += [operation_part(slot, name, stage) for slot, names in OPERATIONS.items() for name in names]
    return parts
