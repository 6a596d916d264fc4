"""The latency of every architecture in a trunk from the latencies of its parts, without running one.

Notation: t(·) is the median time of a part, n_s the blocks of stage s, o_i(arch) the operation in slot i. Then

    block(arch, s)  = wiring_s + Σ_i t(o_i(arch), s)
    network(arch)   = plain + f · Σ_s n_s · block(arch, s)

One 6×7 table for each stage gives all 117,649 blocks in one indexing. How far such sums can be trusted, and the factor f, is
what `python -m sase_bench.latency check` measures.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sase_bench.latency.parts import Part, operation_part, plain, wiring
from sase_bench.space import OPERATIONS
from sase_bench.trunk import Stage, Trunk

__all__ = ["Seconds", "compose_blocks", "compose_networks"]

Digits = NDArray[np.uint8]  # (n, 6), as `Space.digits()` gives them
Seconds = NDArray[np.float64]  # (n,)


def compose_blocks(stage: Stage, parts: Mapping[Part, float], digits: Digits) -> Seconds:
    """Seconds of one block on the maps of `stage`, for each architecture."""
    total = np.full(len(digits), parts[wiring(stage)])
    for i, (slot, names) in enumerate(OPERATIONS.items()):
        total += np.asarray([parts[operation_part(slot, name, stage)] for name in names])[digits[:, i]]
    return total


def compose_networks(trunk: Trunk, parts: Mapping[Part, float], digits: Digits, factor: float = 1.0) -> Seconds:
    """Seconds of the whole network on `trunk`, for each architecture; blocks take `factor` times the sum of their parts."""
    total = np.full(len(digits), parts[plain(trunk)])
    for stage in trunk.stages:
        total += factor * stage.blocks * compose_blocks(stage, parts, digits)
    return total
