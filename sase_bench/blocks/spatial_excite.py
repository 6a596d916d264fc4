"""Spatial excite: (B,1,H,W) → (B,1,H,W), a weight for each pixel from one number for each pixel."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from sase_bench.blocks.affine import Affine
from sase_bench.blocks.shape import Shape

__all__ = ["SPATIAL_EXCITE"]


class SpatialConv(nn.Sequential):
    """Convolutions of one channel with "same" padding and a sigmoid at the end."""

    def forward(self, m: Tensor) -> Tensor:
        return torch.sigmoid(super().forward(m))


def _conv(height: int, width: int) -> nn.Conv2d:
    return nn.Conv2d(1, 1, (height, width), padding=(height // 2, width // 2), bias=False)


#: Operation by name, in the order of the operations' numbers.
SPATIAL_EXCITE: dict[str, Callable[[Shape], nn.Module]] = {
    "conv_3x1_1x3": lambda shape: SpatialConv(_conv(1, 3), _conv(3, 1)),
    "conv_5x1_1x5": lambda shape: SpatialConv(_conv(1, 5), _conv(5, 1)),
    "conv_3x3": lambda shape: SpatialConv(_conv(3, 3)),
    "conv_5x5": lambda shape: SpatialConv(_conv(5, 5)),
    "conv_7x7": lambda shape: SpatialConv(_conv(7, 7)),
    "2conv_3x3": lambda shape: SpatialConv(_conv(3, 3), nn.ReLU(), _conv(3, 3)),
    "affine": lambda shape: Affine(1, shape.height, shape.width),
}
