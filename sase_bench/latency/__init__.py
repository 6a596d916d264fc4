"""How long a forward pass takes: parts timed, networks composed from them, and the sums checked against timed networks.

`python -m sase_bench.latency measure` times every slot-operation on every stage shape, `compose` adds the parts up for all
117,649 blocks, `check` times whole networks and compares, and `fill` enters the result into the column `latency` of a table.
"""

from sase_bench.cost import DEFAULT_TRUNKS, TRUNKS, find_trunk
from sase_bench.latency.composition import compose_blocks, compose_networks
from sase_bench.latency.parts import Part, parts_of
from sase_bench.latency.timings import Conditions, Setting, Timing, read_timings, seconds_of, write_timings

__all__ = [
    "DEFAULT_TRUNKS",
    "TRUNKS",
    "Conditions",
    "Part",
    "Setting",
    "Timing",
    "compose_blocks",
    "compose_networks",
    "find_trunk",
    "parts_of",
    "read_timings",
    "seconds_of",
    "write_timings",
]
