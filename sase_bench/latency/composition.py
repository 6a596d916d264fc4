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

__all__ = ["Seconds", "compose_blocks", "compose_networks", "slot_seconds"]

Digits = NDArray[np.uint8]  # (n, 6), as `Space.digits()` gives them
Seconds = NDArray[np.float64]  # (n,), or (6, 7) by slot and operation


def compose_blocks(stage: Stage, parts: Mapping[Part, float], digits: Digits) -> Seconds:
    """Seconds of one block on the maps of `stage`, for each architecture."""
    return _sums(parts[wiring(stage)], _slot_table(stage, parts), digits)


def slot_seconds(trunk: Trunk, parts: Mapping[Part, float], factor: float = 1.0) -> tuple[float, Seconds]:
    """Seconds of the network on `trunk` whatever its block, and what each operation of each slot adds, shape (6, 7).

    Blocks take `factor` times the sum of their parts.
    """
    constant, table = parts[plain(trunk)], np.zeros((len(OPERATIONS), 7))
    for stage in trunk.stages:
        times = factor * stage.blocks
        constant += times * parts[wiring(stage)]
        table += times * _slot_table(stage, parts)
    return constant, table


def compose_networks(trunk: Trunk, parts: Mapping[Part, float], digits: Digits, factor: float = 1.0) -> Seconds:
    """Seconds of the whole network on `trunk`, for each architecture, as `slot_seconds` has its parts."""
    return _sums(*slot_seconds(trunk, parts, factor), digits)


def _slot_table(stage: Stage, parts: Mapping[Part, float]) -> Seconds:
    """Seconds of each operation of each slot on the maps of `stage`, (6, 7)."""
    return np.asarray([[parts[operation_part(slot, name, stage)] for name in names] for slot, names in OPERATIONS.items()])


def _sums(constant: float, table: Seconds, digits: Digits) -> Seconds:
    total = np.full(len(digits), constant)
    for slot, row in enumerate(table):
        total += row[digits[:, slot]]
    return total
