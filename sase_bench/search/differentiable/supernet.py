"""The supernet: every slot of every block computes all seven of its operations, and sums them with softmax strengths.

Notation: α (6, 7) are the strengths of the operations, shared by all blocks of the network; the rest as in `sase_bench.blocks`.
As in the reference, the mixer's normalisation has no affine parameters here: the scale of a mixture is not to be learnt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sase_bench.backbones.cifar import CifarResNet
from sase_bench.blocks import operation
from sase_bench.proxies.initialisation import initialise
from sase_bench.recipes.recipe import Proxy
from sase_bench.seeds import derived_seed
from sase_bench.space import OPERATIONS, RADIX, SLOTS
from sase_bench.trunk import Stage

__all__ = ["MixedBlock", "MixedOperation", "initial_alphas", "supernet"]

_INITIAL_SD = 1e-3  # of α


class MixedOperation(nn.Module):
    """All seven operations of one slot."""

    def __init__(self, slot: str, stage: Stage) -> None:
        super().__init__()
        shape = {"channels": stage.channels, "height": stage.height, "width": stage.width}
        self.operations = nn.ModuleList(operation(slot, name, **shape) for name in OPERATIONS[slot])

    def forward(self, x: Tensor, weights: Tensor) -> Tensor:
        """`weights` (7,) sum to one; the result has the shape that each operation gives."""
        results = torch.stack([choice(x) for choice in self.operations])
        return torch.tensordot(weights, results, dims=1)


class MixedBlock(nn.Module):
    """The wiring of `SASEBlock` with a mixture in every slot; `alphas` gives α when it is called."""

    def __init__(self, stage: Stage, alphas: Callable[[], Tensor]) -> None:
        super().__init__()
        self.slots = nn.ModuleDict({slot: MixedOperation(slot, stage) for slot in SLOTS})
        self.mixer = nn.Sequential(nn.Conv2d(2, 1, 1, bias=False), nn.BatchNorm2d(1, affine=False), nn.ReLU())
        self._alphas = alphas

    def forward(self, x: Tensor) -> Tensor:
        weights = dict(zip(SLOTS, self._alphas().softmax(1), strict=True))

        def mixed(slot: str, inputs: Tensor) -> Tensor:
            return self.slots[slot](inputs, weights[slot])

        z = mixed("channel_squeeze", x)
        a = mixed("channel_excite", z)
        g = mixed("channel_gate", z)
        m = self.mixer(torch.cat([mixed("gated_squeeze", g * x), mixed("spatial_squeeze", x)], dim=1))
        s = mixed("spatial_excite", m)
        return x * ((a + s) / 2) + x


@dataclass(frozen=True)
class _MixedBuilder:
    alphas: Tensor

    def __call__(self, stage: Stage) -> MixedBlock:
        return MixedBlock(stage, lambda: self.alphas)

    def __str__(self) -> str:
        return "mixed"


def supernet(proxy: Proxy, alphas: Tensor, seed: int) -> CifarResNet:
    """The network of `proxy` with a `MixedBlock` in every residual block, on the CPU.

    `alphas` are not among its parameters, and stay on the device where they are.
    """
    with torch.random.fork_rng(devices=[]):
        network = CifarResNet(proxy.trunk, _MixedBuilder(alphas))
        initialise(network, seed)
    return network


def initial_alphas(seed: int, device: torch.device) -> Tensor:
    """α as a search with `seed` starts: 1e-3 · N(0, 1)."""
    generator = torch.Generator().manual_seed(derived_seed(seed, "alphas"))
    drawn = _INITIAL_SD * torch.randn(len(SLOTS), RADIX, generator=generator)
    return drawn.to(device).requires_grad_()
