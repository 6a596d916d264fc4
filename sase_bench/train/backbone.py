"""The networks that can be trained here, by their names in `recipe.BACKBONES`."""

import torch
from torch import nn

from sase_bench.backbones.building import network_on
from sase_bench.errors import unknown
from sase_bench.seeds import derived_seed
from sase_bench.train.recipe import BACKBONES
from sase_bench.trunk import CIFAR_DEPTHS, CifarTrunk, ResNetTrunk

__all__ = ["build_backbone"]


def build_backbone(name: str, attention: str, classes: int, resolution: int, seed: int) -> nn.Module:
    """The untrained network, on the CPU. The trunk of a seed is the same for all blocks: its weights are drawn first."""
    if name not in BACKBONES:
        raise unknown("backbone", name, BACKBONES)
    kind: type[CifarTrunk | ResNetTrunk] = CifarTrunk if name in CIFAR_DEPTHS else ResNetTrunk
    trunk = kind(depth=int(name.removeprefix("resnet")), resolution=resolution, num_classes=classes)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(derived_seed(seed, "weights"))
        return network_on(trunk, attention)
