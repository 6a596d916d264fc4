"""Statistics of a tensor along chosen axes, and the layers that both squeeze sets share.

Notation: x is the input, `dims` the axes that are reduced (kept with length 1), n the number of elements along them.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

__all__ = ["STATISTICS", "Mean", "PNorm", "PairMixer", "RowConv2d"]

Dims = tuple[int, ...]
Statistic = Callable[[Tensor, Dims], Tensor]


class Mean(nn.Module):
    """The mean along `dims`."""

    def __init__(self, dims: Dims) -> None:
        super().__init__()
        self.dims = dims

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(self.dims, keepdim=True)


class PNorm(nn.Module):
    """(Σ x⁴ + ε)^(1/4) along `dims`, the p-norm with p = 4."""

    def __init__(self, dims: Dims, epsilon: float) -> None:
        super().__init__()
        self.dims, self.epsilon = dims, epsilon

    def forward(self, x: Tensor) -> Tensor:
        return (x.square().square().sum(self.dims, keepdim=True) + self.epsilon).sqrt().sqrt()


def _third_moment(x: Tensor, dims: Dims) -> Tensor:
    """Σ (x − mean)³ / n, not standardised: grows with the cube of the input and can overflow."""
    centred = x - x.mean(dims, keepdim=True)
    return (centred * centred.square()).mean(dims, keepdim=True)


def _std(x: Tensor, dims: Dims) -> Tensor:
    return x.std(dims, correction=1, keepdim=True)


def _max(x: Tensor, dims: Dims) -> Tensor:
    return x.amax(dims, keepdim=True)


#: The second statistic of each pooling that mixes a pair; the first one is always the mean.
STATISTICS: dict[str, Statistic] = {"gap+gmp": _max, "gap+std": _std, "skewpooling": _third_moment}


class PairMixer(nn.Conv2d):
    """ReLU of a 1×1 convolution 2→1 over a pair of maps that are stacked on the channel axis."""

    def __init__(self) -> None:
        super().__init__(2, 1, 1, bias=False)

    def forward(self, pair: Tensor) -> Tensor:
        return torch.relu(super().forward(pair))  # (B,2,·,·) → (B,1,·,·)


class RowConv2d(nn.Conv2d):
    """The grouped convolution K→K with kernel (K,1) of the second-order poolings: each row of a covariance to one number.

    It is one weighted sum a row, so it is computed as such: convolution libraries are slow on K groups of one channel.
    """

    def __init__(self, size: int) -> None:
        super().__init__(size, size, (size, 1), groups=size, bias=False)

    def forward(self, covariance: Tensor) -> Tensor:
        rows = (covariance.squeeze(3) * self.weight.view(self.out_channels, -1)).sum(2)  # (B,K,K,1) → (B,K)
        return rows[:, :, None, None]
