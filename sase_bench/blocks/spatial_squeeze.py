"""Spatial squeeze: (B,C,H,W) → (B,1,H,W), one number for each pixel."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sase_bench.blocks.affine import fit_to_map, is_symbolic, resize
from sase_bench.blocks.covariance import RowConv2d, covariance_rows, repeated
from sase_bench.blocks.shape import Shape
from sase_bench.blocks.statistics import STATISTICS, Mean, PairMixer, PNorm, pool

__all__ = ["SPATIAL_SQUEEZE"]

_CHANNELS = (1,)
_GRID = 8  # the second-order pooling looks at 8×8 positions
_POSITIONS = _GRID * _GRID


class MapNorm(nn.LayerNorm):
    """LayerNorm over (H,W) of every channel map; its affine maps are resized where the input has another size.

    Weights that were trained on maps of another size load, resized too.
    """

    def __init__(self, height: int, width: int) -> None:
        super().__init__((height, width))
        self.register_load_state_dict_pre_hook(fit_to_map)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        weight, bias = resize(self.weight, height, width), resize(self.bias, height, width)
        return F.layer_norm(x, (height, width), weight, bias, self.eps)


class L2Norm(nn.Module):
    """sqrt(Σ x̂² + ε) over the channels, x̂ being each channel map after layer normalisation."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.norm = MapNorm(shape.height, shape.width)
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
        small = not is_symbolic(height, width) and height < _GRID and width < _GRID
        coarse = small and _GRID % height == _GRID % width == 0
        pooled = (x if coarse else pool(x, _GRID, _GRID)).flatten(2)  # (B,C,64), or fewer where the grid repeats the pixels
        positions = (pooled - pooled.mean(1, keepdim=True)).transpose(1, 2)
        if coarse:
            reduced = repeated(positions, self.norm, self.row, (_GRID, _GRID), (height, width))
        else:
            reduced = covariance_rows(positions, self.norm, self.row)
        mixed = self.mix(torch.relu(reduced))  # (B,64,1,1)
        return pool(mixed.view(-1, 1, _GRID, _GRID), height, width)


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
