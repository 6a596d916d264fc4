"""Detectors that are quick on a CPU: convolutions of a sixteenth of the width, attention blocks of the full one."""

import pytest
import torch

from sase_bench.backbones.resnet import ResNet, resnet
from sase_bench.seeds import derived_seed
from sase_bench.train import detector
from sase_bench.trunk import ResNetTrunk


def narrow_resnet50(name: str, attention: str, classes: int, resolution: int, seed: int) -> ResNet:
    """Stands in for `build_backbone`."""
    assert name == "resnet50"
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(derived_seed(seed, "weights"))
        return resnet(ResNetTrunk(depth=50, resolution=resolution, num_classes=classes), attention, width_per_group=4)


def make_narrow(patch: pytest.MonkeyPatch) -> None:
    """Let `build_detector` build on that, with an eighth of the pyramid's channels."""
    patch.setattr(detector, "build_backbone", narrow_resnet50)
    patch.setattr(detector, "_PYRAMID_CHANNELS", 32)
