"""Spatial squeeze: (B,C,H,W) → (B,1,H,W), one number for each pixel."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sase_bench.blocks.affine import resize
from sase_bench.blocks.shape import Shape
from sase_bench.blocks.statistics import STATISTICS, Mean, PairMixer, PNorm, RowConv2d

__all__ = ["SPATIAL_SQUEEZE"]

_CHANNELS = (1,)
_GRID = 8  # the second-order pooling looks at 8×8 positions
_POSITIONS = _GRID * _GRID


class MapNorm(nn.LayerNorm):
    """LayerNorm over (H,W) of every channel map; its affine maps are resized where the input has another size."""

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        weight, bias = resize(self.weight, height, width), resize(self.bias, height, width)
        return F.layer_norm(x, (height, width), weight, bias, self.eps)


class L2Norm(nn.Module):
    """sqrt(Σ x̂² + ε) over the channels, x̂ being each channel map after layer normalisation."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.norm = MapNorm((shape.height, shape.width))
        self.epsilon = shape.epsilon

    def forward(self, x: Tensor) -> Tensor:
        return (self.norm(x).square().sum(_CHANNELS, keepdim=True) + self.epsilon).sqrt()


class Pair(nn.Module):
    """The mean and a second statistic over the channels, mixed by two weights."""

    def __init__(self, name: str, shape: Shape) -> None:
        super().__init__()
        if name == "gap+std":
            shape.require(f"spatial_squeeze {name}", channels=2)
        self.statistic = STATISTICS[name]
        self.mix = PairMixer()

    def forward(self, x: Tensor) -> Tensor:
        return self.mix(torch.cat([x.mean(_CHANNELS, keepdim=True), self.statistic(x, _CHANNELS)], dim=1))


class SecondOrder(nn.Module):
    """Covariance over the channels of 8×8 pooled positions, each row reduced to one number, then spread over the map."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(_POSITIONS)
        self.row = RowConv2d(_POSITIONS)
        self.mix = nn.Conv2d(_POSITIONS, _POSITIONS, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        rows = F.adaptive_avg_pool2d(x, _GRID).flatten(2).transpose(1, 2)  # (B,64,C)
        centred = rows - rows.mean(2, keepdim=True)
        covariance = centred @ centred.transpose(1, 2) / (_POSITIONS - 1)  # (B,64,64)
        mixed = self.mix(torch.relu(self.row(self.norm(covariance.unsqueeze(3)))))  # (B,64,1,1)
        return F.adaptive_avg_pool2d(mixed.view(-1, 1, _GRID, _GRID), (height, width))


#: Operation by name, in the order of the operations' numbers.
SPATIAL_SQUEEZE: dict[str, Callable[[Shape], nn.Module]] = {
    "gap": lambda shape: Mean(_CHANNELS),
    "l2-norm": L2Norm,
    "p-norm": lambda shape: PNorm(_CHANNELS, shape.epsilon),
    "gap+gmp": lambda shape: Pair("gap+gmp", shape),
    "gap+std": lambda shape: Pair("gap+std", shape),
    "skewpooling": lambda shape: Pair("skewpooling", shape),
    "2nd-order-pooling": SecondOrder,
}
