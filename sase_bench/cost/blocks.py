"""Exact parameters and FLOPs of every architecture in every trunk, without building one.

A block's cost is a sum over its slots, so two 6×7 tables a stage count all 117,649 blocks in one indexing. Convention for
FLOPs: see `sase_bench.trunk`.

>>> from sase_bench.space import SASE_BLOCK
>>> from sase_bench.trunk import ResNetTrunk
>>> cost = count(ResNetTrunk(depth=50), [SASE_BLOCK])
>>> int(cost.params[0]) - ResNetTrunk(depth=50).params  # what the published block adds to ResNet-50
2545536
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sase_bench.errors import RequestError
from sase_bench.space import OPERATIONS, SLOTS, Architecture
from sase_bench.trunk import Stage, Trunk

__all__ = ["Cost", "count", "operation_costs", "slot_costs"]

_MIXER_PARAMS = 4  # Conv2d(2→1) and the affine BatchNorm2d(1)
_POSITIONS = 64  # of the spatial second-order pooling


@dataclass(frozen=True)
class Cost:
    """Costs of n architectures in one trunk, each an array of shape (n,)."""

    params: NDArray[np.int64]  # learnable numbers of the whole network
    flops: NDArray[np.int64]  # multiply-accumulates for one image


def operation_costs(stage: Stage) -> dict[str, dict[str, tuple[int, int]]]:
    """(parameters, FLOPs) of every operation of each of the four sets on a map of `stage`'s shape."""
    c, hw = stage.channels, stage.height * stage.width
    k, hidden, n = c // 4, max(1, c // 16), _POSITIONS
    if k < 2:
        raise RequestError(f"an attention block needs at least 8 channels, got {c}")
    return {
        "channel_squeeze": {
            "gap": (0, 0),
            "l2-norm": (2 * c, 0),
            "p-norm": (0, 0),
            "gap+gmp": (2, 2 * c),
            "gap+std": (2, 2 * c),
            "skewpooling": (2, 2 * c),
            "2nd-order-pooling": (2 * k + k * k + k * c, k * k * hw + k * k + k * c),
        },
        "channel_excite": {
            "3conv1d_3": (9, 9 * c),
            "2conv_1x1": (2 * c * hidden, 2 * c * hidden),
            "conv1d_3": (3, 3 * c),
            "conv1d_5": (5, 5 * c),
            "conv1d_7": (7, 7 * c),
            "2conv1d_3": (6, 6 * c),
            "affine": (2 * c, 0),
        },
        "spatial_squeeze": {
            "gap": (0, 0),
            "l2-norm": (2 * hw, 0),
            "p-norm": (0, 0),
            "gap+gmp": (2, 2 * hw),
            "gap+std": (2, 2 * hw),
            "skewpooling": (2, 2 * hw),
            "2nd-order-pooling": (2 * n + 2 * n * n, n * n * c + 2 * n * n),
        },
        "spatial_excite": {
            "conv_3x1_1x3": (6, 6 * hw),
            "conv_5x1_1x5": (10, 10 * hw),
            "conv_3x3": (9, 9 * hw),
            "conv_5x5": (25, 25 * hw),
            "conv_7x7": (49, 49 * hw),
            "2conv_3x3": (18, 18 * hw),
            "affine": (2 * hw, 0),
        },
    }


def count(trunk: Trunk, architectures: Iterable[Architecture] | NDArray[np.uint8]) -> Cost:
    """Parameters and FLOPs of `trunk` with each architecture in all its residual blocks.

    `architectures` may also be an array of digits, shape (n, 6), as `Space.digits()` gives it: the whole space in one call.
    """
    if not isinstance(architectures, np.ndarray):
        architectures = np.asarray([arch.digits for arch in architectures], dtype=np.uint8).reshape(-1, len(SLOTS))
    constant, table = slot_costs(trunk)
    total = constant + sum(table[i][architectures[:, i]] for i in range(len(SLOTS)))
    return Cost(params=total[:, 0], flops=total[:, 1])


def slot_costs(trunk: Trunk) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """What a network costs whatever its block, shape (2,), and what each operation of each slot adds, shape (6, 7, 2).

    The last axis is (parameters, FLOPs); the cost of a block is the sum over its slots.
    """
    table = np.zeros((len(SLOTS), 7, 2), dtype=np.int64)
    constant = np.asarray([trunk.params, trunk.flops], dtype=np.int64)
    for stage in trunk.stages:
        costs = operation_costs(stage)
        for i, (slot, members) in enumerate(SLOTS.items()):
            table[i] += stage.blocks * np.asarray([costs[members][name] for name in OPERATIONS[slot]], dtype=np.int64)
        constant += stage.blocks * np.asarray([_MIXER_PARAMS, 2 * stage.height * stage.width], dtype=np.int64)
    return constant, table
