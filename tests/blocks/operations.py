"""Every operation of every slot: with which maps, and with random weights."""

import numpy as np
import pytest
from torch import Tensor, nn

from sase_bench.blocks import operation
from sase_bench.space import OPERATIONS
from tests.blocks.layers import Array
from tests.blocks.sampling import BATCH, generator, random_map, randomise

SQUEEZES = ("channel_squeeze", "gated_squeeze", "spatial_squeeze")
CASES = [(slot, name) for slot, names in OPERATIONS.items() for name in names]
BATCH_NORMALISED = [(slot, "2nd-order-pooling") for slot in SQUEEZES]
ROOTS = [(slot, name) for slot in SQUEEZES for name in ("l2-norm", "p-norm")]

#: C, H, W: one where 4 and 8 divide what they pool; one where neither 4 nor 16 divides C and H differs from W; and one
#: where C//4 divides C without being a quarter of it, and 8 lies between H and W; and one that is coarser than 8×8.
SIZES = [(32, 8, 8), (18, 7, 5), (15, 6, 9), (16, 4, 4)]
every_operation = pytest.mark.parametrize(("slot", "name"), CASES)


def takes(slot: str, channels: int, height: int, width: int) -> tuple[int, int, int]:
    """The shape, without the batch, that the specification's table of the block gives for the input of `slot`."""
    if slot in SQUEEZES:
        return channels, height, width
    return (1, height, width) if slot == "spatial_excite" else (channels, 1, 1)


def gives(slot: str, channels: int, height: int, width: int) -> tuple[int, int, int]:
    """The shape of the output of `slot`, likewise."""
    return (channels, 1, 1) if slot.startswith("channel") else (1, height, width)


def built(slot: str, name: str, size: tuple[int, int, int], epsilon: float = 1e-12) -> nn.Module:
    """The operation in float64 with random weights and running statistics, in training mode."""
    channels, height, width = size
    module = operation(slot, name, channels=channels, height=height, width=width, epsilon=epsilon).double()
    randomise(module, generator(f"weights of {slot} {name}"))
    return module


def input_of(slot: str, size: tuple[int, int, int]) -> Array:
    """A random map that varies most along the axis that the slot keeps: a ReLU after it then takes both its states."""
    along_channels = slot.startswith("channel")
    return random_map(
        (BATCH, *takes(slot, *size)),
        generator(f"input of {slot} {size}"),
        per_channel=2.0 if along_channels else 0.3,
        per_position=0.3 if along_channels else 2.0,
    )


def assert_equal(got: Tensor, expected: Array) -> None:
    """To 1e-9 of each value; where a value is a difference of larger ones, to their rounding."""
    np.testing.assert_allclose(got.detach().numpy(), expected, rtol=1e-9, atol=1e-13 * np.abs(expected).max())
