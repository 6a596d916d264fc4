"""Entry points of torch.hub; none comes with weights, which `checkpoint` loads from a file.

torch.hub.load("path/to/sase-bench", "sase_resnet50", source="local", attention="gap+gmp/2conv_1x1/affine/p-norm/gap/2conv_3x3")
"""

from typing import Any as _Any  # hub lists every public callable

from torch import nn

__all__ = ["checkpoint", "sase_resnet20", "sase_resnet32", "sase_resnet50", "sase_resnet56", "sase_resnet101"]

dependencies = ["numpy", "safetensors", "torch", "torchvision"]  # and timm for the published modules that come from it


def sase_resnet20(attention: str | int | None = "sase", num_classes: int = 10, **options: _Any) -> nn.Module:
    """The CIFAR ResNet-20 with `attention` in all 9 blocks; see `sase_bench.backbones.cifar_resnet` for `options`."""
    from sase_bench.backbones import cifar_resnet

    return cifar_resnet(20, attention, num_classes, **options)


def sase_resnet32(attention: str | int | None = "sase", num_classes: int = 10, **options: _Any) -> nn.Module:
    """The CIFAR ResNet-32 with `attention` in all 15 blocks; see `sase_bench.backbones.cifar_resnet` for `options`."""
    from sase_bench.backbones import cifar_resnet

    return cifar_resnet(32, attention, num_classes, **options)


def sase_resnet56(attention: str | int | None = "sase", num_classes: int = 10, **options: _Any) -> nn.Module:
    """The CIFAR ResNet-56 with `attention` in all 27 blocks; see `sase_bench.backbones.cifar_resnet` for `options`."""
    from sase_bench.backbones import cifar_resnet

    return cifar_resnet(56, attention, num_classes, **options)


def sase_resnet50(attention: str | int | None = "sase", num_classes: int = 1000, **options: _Any) -> nn.Module:
    """torchvision's ResNet-50 with `attention` in all 16 bottlenecks; see `sase_bench.backbones.resnet50` for `options`."""
    from sase_bench.backbones import resnet50

    return resnet50(attention, num_classes, **options)


def sase_resnet101(attention: str | int | None = "sase", num_classes: int = 1000, **options: _Any) -> nn.Module:
    """torchvision's ResNet-101 with `attention` in all 33 bottlenecks; see `sase_bench.backbones.resnet101` for `options`."""
    from sase_bench.backbones import resnet101

    return resnet101(attention, num_classes, **options)


def checkpoint(path: str) -> nn.Module:
    """The network that `sase_bench.backbones.save_checkpoint` wrote to `path`, with its weights, in evaluation mode."""
    from sase_bench.backbones import load_checkpoint

    return load_checkpoint(path)
