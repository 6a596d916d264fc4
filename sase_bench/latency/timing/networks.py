"""What is run against the clock: parts and whole networks as calls without arguments, in evaluation mode.

Weights are torch's default initialisation; times do not depend on them as long as activations keep an ordinary scale, and
one pass in training mode sees to that. Weights are drawn on the CPU, from its generator, which is given back as it was; those
of a GPU are not touched.

On a GPU the precision of torch's defaults is kept, which a user's network has, too: convolutions in TF32, matrix products in
float32. Runs of proxies are trained without TF32, see `sase_bench.machine.processor.full_precision`.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from sase_bench.backbones.attention import Attention, attention_builder
from sase_bench.backbones.building import network_on
from sase_bench.blocks import SASEBlock, operation
from sase_bench.cost import find_trunk
from sase_bench.latency.parts import TRUNK_ALONE, WIRING, Part
from sase_bench.space import SASE_BLOCK, SLOTS, Architecture
from sase_bench.trunk import Stage, Trunk

__all__ = ["Call", "Inputs", "block_call", "install", "part_call", "plain_network", "settle"]

#: Something to be timed; what it returns is thrown away.
Call = Callable[[], object]

_SEED = 0  # of weights and inputs


class _Given(nn.Module):
    """Stands in the place of an operation and gives what it was given, at hardly any cost."""

    def __init__(self, result: Tensor) -> None:
        super().__init__()
        self.result = result

    def __call__(self, x: Tensor) -> Tensor:
        return self.result


class Inputs:
    """Inputs of normal numbers, one for each shape: what is timed next to each other works on the same memory."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._made: dict[tuple[int, ...], Tensor] = {}

    def __call__(self, *shape: int) -> Tensor:
        """The input of this shape, on the device."""
        if shape not in self._made:
            self._made[shape] = torch.randn(shape, generator=torch.Generator().manual_seed(_SEED)).to(self.device)
        return self._made[shape]


def part_call(part: Part, batch: int, inputs: Inputs) -> Call:
    """A forward pass of one part on `batch` maps or images of its shape."""
    maps = inputs(batch, part.channels, part.height, part.width)
    if part.slot == TRUNK_ALONE:
        network = plain_network(find_trunk(part.operation), inputs.device)
        settle(network, maps)
        return lambda: network(maps)
    channels, pixels = inputs(batch, part.channels, 1, 1), inputs(batch, 1, part.height, part.width)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(_SEED)
        if part.slot == WIRING:
            module: nn.Module = SASEBlock(SASE_BLOCK, part.channels, part.height, part.width)
            for slot, members in SLOTS.items():
                setattr(module, slot, _Given(channels if members.startswith("channel") else pixels))
        else:
            shape = {"channels": part.channels, "height": part.height, "width": part.width}
            module = operation(part.slot, part.operation, **shape)
    module.to(inputs.device).eval()
    taken = {"channel_excite": channels, "spatial_excite": pixels}.get(SLOTS.get(part.slot, ""), maps)
    return lambda: module(taken)


def block_call(arch: Architecture, stage: Stage, batch: int, inputs: Inputs) -> Call:
    """A forward pass of one whole block on `batch` maps of a stage."""
    maps = inputs(batch, stage.channels, stage.height, stage.width)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(_SEED)
        block = SASEBlock(arch, stage.channels, stage.height, stage.width).to(inputs.device)
    settle(block, maps)
    return lambda: block(maps)


def plain_network(trunk: Trunk, device: torch.device) -> nn.Module:
    """The network that `trunk` describes, without blocks."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(_SEED)
        network = network_on(trunk)
    return network.to(device).eval()


def install(network: nn.Module, trunk: Trunk, attention: Attention, device: torch.device) -> None:
    """Put fresh attention blocks into every residual branch of a network on `trunk`, in place of what was there."""
    build = attention_builder(attention)
    places = [module for module in network.modules() if isinstance(getattr(module, "attention", None), nn.Module)]
    stages = [stage for stage in trunk.stages for _ in range(stage.blocks)]
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(_SEED)
        for place, stage in zip(places, stages, strict=True):
            place.attention = build(stage).to(device).eval()


def settle(network: nn.Module, images: Tensor) -> None:
    """Let every batch normalisation take over the statistics of one pass in training mode; then evaluation mode."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.inference_mode():
        network.train()(images)
    network.eval()
