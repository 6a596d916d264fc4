from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from sase_bench.blocks import operation
from sase_bench.space import SLOTS
from tests.blocks.operations import BATCH_NORMALISED, built, every_operation
from tests.blocks.sampling import arrays, tensor_names

#: Shapes of the tensors in the order of application, for (C, H, W) = (48, 8, 6) and (18, 7, 5).
SHAPES: dict[str, dict[str, tuple[list[tuple[int, ...]], list[tuple[int, ...]]]]] = {
    "channel_squeeze": {
        "gap": ([], []),
        "l2-norm": ([(48,), (48,)], [(18,), (18,)]),
        "p-norm": ([], []),
        "gap+gmp": ([(1, 2, 1, 1)], [(1, 2, 1, 1)]),
        "gap+std": ([(1, 2, 1, 1)], [(1, 2, 1, 1)]),
        "skewpooling": ([(1, 2, 1, 1)], [(1, 2, 1, 1)]),
        "2nd-order-pooling": (
            [(12,), (12,), (12,), (12,), (12, 1, 12, 1), (48, 12, 1, 1)],
            [(4,), (4,), (4,), (4,), (4, 1, 4, 1), (18, 4, 1, 1)],
        ),
    },
    "channel_excite": {
        "3conv1d_3": ([(1, 1, 3), (1, 1, 3), (1, 1, 3)], [(1, 1, 3), (1, 1, 3), (1, 1, 3)]),
        "2conv_1x1": ([(3, 48, 1, 1), (48, 3, 1, 1)], [(1, 18, 1, 1), (18, 1, 1, 1)]),
        "conv1d_3": ([(1, 1, 3)], [(1, 1, 3)]),
        "conv1d_5": ([(1, 1, 5)], [(1, 1, 5)]),
        "conv1d_7": ([(1, 1, 7)], [(1, 1, 7)]),
        "2conv1d_3": ([(1, 1, 3), (1, 1, 3)], [(1, 1, 3), (1, 1, 3)]),
        "affine": ([(48, 1, 1), (48, 1, 1)], [(18, 1, 1), (18, 1, 1)]),
    },
    "spatial_squeeze": {
        "gap": ([], []),
        "l2-norm": ([(8, 6), (8, 6)], [(7, 5), (7, 5)]),
        "p-norm": ([], []),
        "gap+gmp": ([(1, 2, 1, 1)], [(1, 2, 1, 1)]),
        "gap+std": ([(1, 2, 1, 1)], [(1, 2, 1, 1)]),
        "skewpooling": ([(1, 2, 1, 1)], [(1, 2, 1, 1)]),
        "2nd-order-pooling": (
            [(64,), (64,), (64,), (64,), (64, 1, 64, 1), (64, 64, 1, 1)],
            [(64,), (64,), (64,), (64,), (64, 1, 64, 1), (64, 64, 1, 1)],
        ),
    },
    "spatial_excite": {
        "conv_3x1_1x3": ([(1, 1, 1, 3), (1, 1, 3, 1)], [(1, 1, 1, 3), (1, 1, 3, 1)]),
        "conv_5x1_1x5": ([(1, 1, 1, 5), (1, 1, 5, 1)], [(1, 1, 1, 5), (1, 1, 5, 1)]),
        "conv_3x3": ([(1, 1, 3, 3)], [(1, 1, 3, 3)]),
        "conv_5x5": ([(1, 1, 5, 5)], [(1, 1, 5, 5)]),
        "conv_7x7": ([(1, 1, 7, 7)], [(1, 1, 7, 7)]),
        "2conv_3x3": ([(1, 1, 3, 3), (1, 1, 3, 3)], [(1, 1, 3, 3), (1, 1, 3, 3)]),
        "affine": ([(1, 8, 6), (1, 8, 6)], [(1, 7, 5), (1, 7, 5)]),
    },
}


@every_operation
@pytest.mark.parametrize(("number", "size"), [(0, (48, 8, 6)), (1, (18, 7, 5))])
def test_tensors_have_the_specified_shapes_in_the_order_of_application(
    slot: str, name: str, number: int, size: tuple[int, int, int]
) -> None:
    module = built(slot, name, size)
    assert [weight.shape for weight in arrays(module)] == SHAPES[SLOTS[slot]][name][number]
    statistics = [key for key in tensor_names(module) if key not in dict(module.named_parameters())]
    assert [key.rpartition(".")[2] for key in statistics] == (
        ["running_mean", "running_var"] if (slot, name) in BATCH_NORMALISED else []
    )
    assert all(parameter.requires_grad for parameter in module.parameters())


class Ramp(nn.Module):
    """The α and β of an affine operation as the specification starts them."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(shape))
        self.beta = nn.Parameter(torch.zeros(shape))


def conv1d(kernel: int) -> nn.Module:
    return nn.Conv1d(1, 1, kernel, bias=False)


def conv2d(inputs: int, outputs: int, kernel: tuple[int, int] = (1, 1), groups: int = 1) -> nn.Module:
    return nn.Conv2d(inputs, outputs, kernel, groups=groups, bias=False)


#: Torch's own layers for (C, H, W) = (48, 8, 6), in the order in which an operation applies them.
LAYERS: dict[str, dict[str, Callable[[], list[nn.Module]]]] = {
    "channel_squeeze": {
        "gap": list,
        "l2-norm": lambda: [nn.InstanceNorm2d(48, affine=True)],
        "p-norm": list,
        "gap+gmp": lambda: [conv2d(2, 1)],
        "gap+std": lambda: [conv2d(2, 1)],
        "skewpooling": lambda: [conv2d(2, 1)],
        "2nd-order-pooling": lambda: [nn.BatchNorm2d(12), conv2d(12, 12, (12, 1), groups=12), conv2d(12, 48)],
    },
    "channel_excite": {
        "3conv1d_3": lambda: [conv1d(3), conv1d(3), conv1d(3)],
        "2conv_1x1": lambda: [conv2d(48, 3), conv2d(3, 48)],
        "conv1d_3": lambda: [conv1d(3)],
        "conv1d_5": lambda: [conv1d(5)],
        "conv1d_7": lambda: [conv1d(7)],
        "2conv1d_3": lambda: [conv1d(3), conv1d(3)],
        "affine": lambda: [Ramp(48, 1, 1)],
    },
    "spatial_squeeze": {
        "gap": list,
        "l2-norm": lambda: [nn.LayerNorm((8, 6))],
        "p-norm": list,
        "gap+gmp": lambda: [conv2d(2, 1)],
        "gap+std": lambda: [conv2d(2, 1)],
        "skewpooling": lambda: [conv2d(2, 1)],
        "2nd-order-pooling": lambda: [nn.BatchNorm2d(64), conv2d(64, 64, (64, 1), groups=64), conv2d(64, 64)],
    },
    "spatial_excite": {
        "conv_3x1_1x3": lambda: [conv2d(1, 1, (1, 3)), conv2d(1, 1, (3, 1))],
        "conv_5x1_1x5": lambda: [conv2d(1, 1, (1, 5)), conv2d(1, 1, (5, 1))],
        "conv_3x3": lambda: [conv2d(1, 1, (3, 3))],
        "conv_5x5": lambda: [conv2d(1, 1, (5, 5))],
        "conv_7x7": lambda: [conv2d(1, 1, (7, 7))],
        "2conv_3x3": lambda: [conv2d(1, 1, (3, 3)), conv2d(1, 1, (3, 3))],
        "affine": lambda: [Ramp(1, 8, 6)],
    },
}


@every_operation
def test_initialisation_draws_what_the_plain_torch_layers_would_draw(slot: str, name: str) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        module = operation(slot, name, channels=48, height=8, width=6)
        torch.manual_seed(5)
        plain = nn.Sequential(*LAYERS[SLOTS[slot]][name]())
    got, expected = arrays(module), arrays(plain)
    assert len(got) == len(expected)
    assert all(np.array_equal(mine, theirs) for mine, theirs in zip(got, expected, strict=True))
