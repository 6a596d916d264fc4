"""The networks that can be trained here, by their names in `recipe.BACKBONES`."""

import torch
from torch import nn

from sase_bench.backbones import cifar_resnet
from sase_bench.backbones.resnet import resnet
from sase_bench.errors import unknown
from sase_bench.seeds import derived_seed
from sase_bench.train.recipe import BACKBONES
from sase_bench.trunk import ResNetTrunk

__all__ = ["build_backbone"]


def build_backbone(name: str, attention: str, classes: int, resolution: int, seed: int) -> nn.Module:
    """The untrained network, on the CPU. The trunk of a seed is the same for all blocks: its weights are drawn first."""
    if name not in BACKBONES:
        raise unknown("backbone", name, BACKBONES)
    depth = int(name.removeprefix("resnet"))
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(derived_seed(seed, "weights"))
        if depth in (50, 101):
            return resnet(ResNetTrunk(depth=depth, resolution=resolution, num_classes=classes), attention)
        return cifar_resnet(depth, attention, classes, resolution=resolution)
