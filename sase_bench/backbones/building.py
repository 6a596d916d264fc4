"""The network that a trunk describes: CIFAR's ResNets, or torchvision's, which is imported then."""

from __future__ import annotations

from typing import Any

from torch import nn

from sase_bench.backbones.attention import Attention, attention_builder
from sase_bench.backbones.cifar import CifarResNet
from sase_bench.blocks.shape import EPSILON
from sase_bench.errors import RequestError
from sase_bench.trunk import CifarTrunk, Trunk

__all__ = ["network_on"]


def network_on(trunk: Trunk, attention: Attention = None, *, epsilon: float = EPSILON, **options: Any) -> nn.Module:
    """The untrained network on `trunk` with `attention` in all residual branches, on the CPU.

    `epsilon` is as in `cifar_resnet`; `options` are those of `torchvision.models.ResNet`, and there are none for CIFAR.
    Raises `RequestError` for impossible shapes.
    """
    if isinstance(trunk, CifarTrunk):
        if options:
            raise RequestError(f"a CIFAR ResNet has no options of torchvision's, got {', '.join(options)}")
        return CifarResNet(trunk, attention_builder(attention, epsilon=epsilon))
    from sase_bench.backbones.resnet import resnet

    return resnet(trunk, attention, epsilon=epsilon, **options)
