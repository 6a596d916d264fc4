"""Statistics of a tensor along chosen axes, and the layers that both squeeze sets share.

Notation: x is the input, `dims` the axes that are reduced (kept with length 1), n the number of elements along them.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sase_bench.blocks.affine import is_symbolic

__all__ = ["STATISTICS", "Mean", "PNorm", "PairMixer", "pool"]

_TINY = 1e-38  # the smallest normal float32, about

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
    """Unbiased; several times faster than `torch.std`, and of gradient 0 where all values are equal, like it.

    Of a single value, which a block that was built for a larger map meets on a small image, it is 0.
    """
    freedom = max(1, math.prod(x.shape[dim] for dim in dims) - 1)
    variance = (x - x.mean(dims, keepdim=True)).square().sum(dims, keepdim=True) / freedom
    return variance.clamp_min(_TINY).sqrt()


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


def pool(x: Tensor, height: int, width: int) -> Tensor:
    """`F.adaptive_avg_pool2d`, by a faster way where one size divides the other; as products where sizes stand for any."""
    rows, columns = x.shape[-2:]
    if is_symbolic(rows, columns, height, width):
        return _bins(rows, height, x) @ x @ _bins(columns, width, x).transpose(0, 1)
    if (rows, columns) == (height, width):
        return x
    if rows % height == 0 and columns % width == 0:
        return F.avg_pool2d(x, (rows // height, columns // width))
    if height % rows == 0 and width % columns == 0:  # every bin lies in one pixel
        return F.interpolate(x, (height, width), mode="nearest")
    return F.adaptive_avg_pool2d(x, (height, width))


def _bins(size: int, count: int, like: Tensor) -> Tensor:
    """The share of each of `size` elements in the mean of each bin, (count, size).

    Bin i covers the elements from ⌊i·size/count⌋ up to, but not including, ⌈(i+1)·size/count⌉.
    """
    bins = torch.arange(count, device=like.device)[:, None]
    elements = torch.arange(size, device=like.device)[None, :]
    # Element j is in bin i where (j+1)·count > i·size and j·count < (i+1)·size: whole numbers, exact for any size.
    inside = ((elements + 1) * count > bins * size) & (elements * count < (bins + 1) * size)
    return inside.to(like.dtype) / inside.sum(1, keepdim=True).to(like.dtype)
