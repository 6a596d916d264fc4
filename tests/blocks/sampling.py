"""Random maps and weights on which no branch of an operation is idle, and the way from a module to plain arrays."""

import numpy as np
import torch
from torch import nn

from tests.blocks.layers import Array

#: Batch size of all random maps: more than two, so that batch statistics are not symmetric.
BATCH = 3


def generator(label: str) -> np.random.Generator:
    """The stream of random numbers that belongs to `label`; another test added or left out does not move it."""
    return np.random.default_rng(list(label.encode()))


def random_map(
    shape: tuple[int, ...], random: np.random.Generator, *, per_channel: float = 1.0, per_position: float = 1.0
) -> Array:
    """A map that varies by 0.6 around an offset of each channel plus one of each position, with the given deviations.

    Without offsets every mean is near 0, every maximum near 2, and a ReLU behind the two is shut or open everywhere.
    """
    batch, channels, height, width = shape
    offset = per_channel * random.normal(size=(batch, channels, 1, 1))
    offset = offset + per_position * random.normal(size=(batch, 1, height, width))
    return offset + 0.6 * random.normal(size=shape)


def randomise(module: nn.Module, random: np.random.Generator) -> None:
    """Gives every tensor of `module` values that no initialisation has: scales are not 1, shifts and means not 0."""
    for name, tensor in module.state_dict().items():
        if name.endswith("running_var"):
            tensor.copy_(torch.from_numpy(random.uniform(0.5, 2, size=tensor.shape)))
        elif not name.endswith("num_batches_tracked"):
            tensor.copy_(torch.from_numpy(0.5 * random.normal(size=tensor.shape)))


def tensor_names(module: nn.Module) -> list[str]:
    """The tensors of `module` in the order of its state_dict, without `num_batches_tracked`, which no formula needs."""
    return [name for name in module.state_dict() if not name.endswith("num_batches_tracked")]


def arrays(module: nn.Module) -> list[Array]:
    """Copies of the tensors that `tensor_names` names."""
    state = module.state_dict()
    return [state[name].double().numpy().copy() for name in tensor_names(module)]


def unit_direction(shape: tuple[int, ...], random: np.random.Generator) -> Array:
    """A random direction of length 1."""
    direction = random.normal(size=shape)
    return direction / np.linalg.norm(direction)
