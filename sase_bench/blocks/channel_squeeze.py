"""Channel squeeze: (B,C,H,W) → (B,C,1,1), one number for each channel.

The operations are those of SASE (arXiv 2411.08333), quirks included.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sase_bench.blocks.covariance import RowConv2d, covariance_rows
from sase_bench.blocks.shape import Shape
from sase_bench.blocks.statistics import STATISTICS, Mean, PairMixer, PNorm

__all__ = ["CHANNEL_SQUEEZE"]

_PIXELS = (2, 3)


class L2Norm(nn.Module):
    """sqrt(Σ x̂² + ε) over the pixels of the instance-normalised map x̂.

    Normalisation fixes that sum to HW·(γ² + β²) up to its own ε, so the result hardly depends on x: kept as it is. A single
    pixel is its own mean: x̂ = β, which torch's layer refuses to compute.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        shape.require("channel_squeeze l2-norm", pixels=2)
        self.norm = nn.InstanceNorm2d(shape.channels, affine=True)
        self.epsilon = shape.epsilon

    def forward(self, x: Tensor) -> Tensor:
        normalised = self.norm(x) if x.shape[2] * x.shape[3] > 1 else self._single_pixel(x)
        return (normalised.square().sum(_PIXELS, keepdim=True) + self.epsilon).sqrt()

    def _single_pixel(self, x: Tensor) -> Tensor:
        """γ⊙(x − x) + β, so that x and γ have a gradient, of 0."""
        return self.norm.weight[:, None, None] * (x - x.mean(_PIXELS, keepdim=True)) + self.norm.bias[:, None, None]


class Pair(nn.Module):
    """The mean and a second statistic over the pixels, mixed by weights that all channels share."""

    def __init__(self, name: str, shape: Shape) -> None:
        super().__init__()
        if name == "gap+std":
            shape.require(f"channel_squeeze {name}", pixels=2)
        self.statistic = STATISTICS[name]
        self.mix = PairMixer()

    def forward(self, x: Tensor) -> Tensor:
        pair = torch.cat([x.mean(_PIXELS, keepdim=True), self.statistic(x, _PIXELS)], dim=3)  # (B,C,1,2)
        return self.mix(pair.permute(0, 3, 1, 2)).transpose(1, 2)  # (B,2,C,1) → (B,1,C,1) → (B,C,1,1)


class SecondOrder(nn.Module):
    """Covariance over the pixels of K = C//4 averaged channels, each row reduced to one number, then K→C."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        shape.require("channel_squeeze 2nd-order-pooling", channels=8)
        self.size = shape.channels // 4
        self.norm = nn.BatchNorm2d(self.size)
        self.row = RowConv2d(self.size)
        self.expand = nn.Conv2d(self.size, shape.channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        flat = x.flatten(2)  # (B,C,HW)
        if flat.shape[1] % self.size == 0:  # equal bins: adaptive pooling is a plain mean, and much faster so
            groups = flat.unflatten(1, (self.size, -1)).mean(2)  # (B,K,HW)
        else:
            groups = F.adaptive_avg_pool2d(flat, (self.size, flat.shape[2]))
        centred = groups - groups.mean(2, keepdim=True)
        return self.expand(torch.relu(covariance_rows(centred, self.norm, self.row)))  # (B,K,1,1) → (B,C,1,1)


#: Operation by name, in the order of the operations' numbers.
CHANNEL_SQUEEZE: dict[str, Callable[[Shape], nn.Module]] = {
    "gap": lambda shape: Mean(_PIXELS),
    "l2-norm": L2Norm,
    "p-norm": lambda shape: PNorm(_PIXELS, shape.epsilon),
    "gap+gmp": lambda shape: Pair("gap+gmp", shape),
    "gap+std": lambda shape: Pair("gap+std", shape),
    "skewpooling": lambda shape: Pair("skewpooling", shape),
    "2nd-order-pooling": SecondOrder,
}
