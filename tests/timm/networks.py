"""The registered networks, by name and as timm makes them."""

from typing import Any

import pytest
import timm
import torch
from torch import Tensor, nn

import sase_bench.timm  # noqa: F401 - registers the networks

CIFAR = ["sase_resnet20", "sase_resnet32", "sase_resnet56"]
IMAGENET = ["sase_resnet50", "sase_resnet101"]
TEXT = "2nd-order-pooling/affine/affine/l2-norm/2nd-order-pooling/affine"
every_model = pytest.mark.parametrize("name", [*CIFAR, *IMAGENET])
one_of_each = pytest.mark.parametrize("name", ["sase_resnet20", "sase_resnet50"])


def images(side: int = 32, channels: int = 3, batch: int = 2) -> Tensor:
    return torch.randn(batch, channels, side, side, generator=torch.Generator().manual_seed(0))


def model(name: str, **options: Any) -> Any:
    return timm.create_model(name, img_size=32, **options)


def on_meta(name: str, **options: Any) -> Any:
    with torch.device("meta"):
        return timm.create_model(name, **options)


def shapes(network: nn.Module) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in network.state_dict().items()}
