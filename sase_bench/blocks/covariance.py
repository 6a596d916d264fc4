"""What both second-order poolings do with a covariance: normalise it, and reduce each of its rows to one number.

Notation: r (B,K,N) holds K centred vectors of N numbers an image; c = r rᵀ / (K−1) (B,K,K) is their covariance; the batch
normalisation has a mean μ_k, a variance σ²_k, a scale γ_k and a shift β_k for each row k, over images and columns; w (K,K) is
the grouped convolution. The result is y_k = Σ_j w_kj (γ_k (c_kj − μ_k) / sqrt(σ²_k + ε) + β_k).

`defined` computes it as it stands here. K² numbers an image fit no cache, so there are two ways around them: `implicit` never
builds c, and `repeated` builds it once for positions that repeat because the map is coarser than the grid it is pooled to.
Both do the work of torch's batch normalisation themselves. One that was put in its place, synchronised over processes or
frozen, does its own work on the covariance.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sase_bench.blocks.affine import is_symbolic

__all__ = ["RowConv2d", "covariance_rows", "defined", "implicit", "repeated"]


class RowConv2d(nn.Conv2d):
    """The grouped convolution K→K with kernel (K,1) of the second-order poolings: each row of a covariance to one number.

    It is one weighted sum a row, so it is computed as such: convolution libraries are slow on K groups of one channel.
    """

    as_defined = False  # True: no way around the covariance, for whoever counts what the definition costs

    def __init__(self, size: int) -> None:
        super().__init__(size, size, (size, 1), groups=size, bias=False)

    def forward(self, covariance: Tensor) -> Tensor:
        rows = (covariance.squeeze(3) * self.weight.view(self.out_channels, -1)).sum(2)  # (B,K,K,1) → (B,K)
        return rows[:, :, None, None]


def covariance_rows(r: Tensor, norm: nn.BatchNorm2d, row: RowConv2d) -> Tensor:
    """(B,K,N) → (B,K,1,1), by whichever way is cheaper; by definition where `row` or `norm` demands it."""
    by_definition = _demanded(norm, row) or is_symbolic(*r.shape[1:]) or r.shape[1] <= r.shape[2]
    return defined(r, norm, row) if by_definition else implicit(r, norm, row)


def defined(r: Tensor, norm: nn.BatchNorm2d, row: RowConv2d) -> Tensor:
    """`row` of `norm` of the covariance of r."""
    covariance = r @ r.transpose(1, 2) / (r.shape[1] - 1)
    return row(norm(covariance.unsqueeze(3)))


def implicit(r: Tensor, norm: nn.BatchNorm2d, row: RowConv2d) -> Tensor:
    """The same, from r_k·(w r)_k for Σ_j w_kj c_kj, r_k·Σ_j r_j for Σ_j c_kj and r_kᵀ(rᵀr) r_k for Σ_j c_kj²."""
    size = r.shape[1]
    t = r.transpose(1, 2)  # (B,N,K): the product with w is one product of matrices for the whole batch
    weight = row.weight.view(size, size)
    weighted = (t * F.linear(t, weight)).sum(1) / (size - 1)  # Σ_j w_kj c_kj, (B,K)

    def moments() -> tuple[Tensor, Tensor]:
        elements = r.shape[0] * size
        first = (t * t.sum(2, keepdim=True)).sum((0, 1)) / ((size - 1) * elements)
        second = (t * ((t @ t.transpose(1, 2)) @ t)).sum((0, 1)) / ((size - 1) ** 2 * elements)
        return first, second

    scale, shift = _affine(norm, r.shape[0] * size, moments)
    return (scale * weighted + shift * weight.sum(1))[:, :, None, None]


def repeated(r: Tensor, norm: nn.BatchNorm2d, row: RowConv2d, grid: tuple[int, int], map_size: tuple[int, int]) -> Tensor:
    """The same for r (B,k,N) whose k = h·w positions each stand for a tile of the `grid` (8,8), K = 64; h and w divide it."""
    (rows, columns), (height, width) = grid, map_size
    tall, wide, size = rows // height, columns // width, rows * columns
    if _demanded(norm, row):
        tiles = r.unflatten(1, map_size).repeat_interleave(tall, 1).repeat_interleave(wide, 2)
        return defined(tiles.flatten(1, 2), norm, row)
    covariance = r @ r.transpose(1, 2) / (size - 1)  # (B,k,k)
    weight = row.weight.view(height, tall, width, wide, height, tall, width, wide).sum((5, 7))  # equal columns of c add up
    weight = weight.permute(0, 2, 1, 3, 4, 5).reshape(height * width, tall * wide, height * width)  # (k, tile, k)
    weighted = torch.einsum("bpj,pqj->bpq", covariance, weight)
    weighted = weighted.view(-1, height, width, tall, wide).transpose(2, 3).reshape(-1, size)

    def moments() -> tuple[Tensor, Tensor]:
        both = torch.stack([covariance.mean((0, 2)), covariance.square().mean((0, 2))]).view(2, height, 1, width, 1)
        first, second = both.expand(2, height, tall, width, wide).reshape(2, size)
        return first, second

    scale, shift = _affine(norm, r.shape[0] * size, moments)
    return (scale * weighted + shift * row.weight.view(size, size).sum(1))[:, :, None, None]


def _demanded(norm: nn.Module, row: RowConv2d) -> bool:
    """Whether the covariance itself is wanted: to be counted, or because `norm` is not as the poolings build it.

    That is one of another class, or one whose statistics are cumulative, are not kept, or whose scale and shift are missing.
    """
    if row.as_defined or type(norm) is not nn.BatchNorm2d:
        return True
    kept = norm.track_running_stats and norm.running_mean is not None and norm.running_var is not None
    return not kept or not norm.affine or norm.momentum is None


def _affine(norm: nn.BatchNorm2d, elements: int, moments: Callable[[], tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """What `norm` multiplies with and adds, each (K,), from the first two moments of `elements` numbers a row.

    In training its running estimates move as in its own forward pass; in evaluation they stand for the moments.
    """
    running_mean, running_var, momentum = norm.running_mean, norm.running_var, norm.momentum
    assert running_mean is not None and running_var is not None and momentum is not None  # noqa: PT018 - see _demanded
    mean, variance = running_mean, running_var
    if norm.training:
        mean, second = moments()
        variance = (second - mean.square()).clamp_min(0)
        with torch.no_grad():
            unbiased = variance * (elements / (elements - 1))
            running_mean.mul_(1 - momentum).add_(momentum * mean)
            running_var.mul_(1 - momentum).add_(momentum * unbiased)
            if norm.num_batches_tracked is not None:
                norm.num_batches_tracked.add_(1)
    scale = norm.weight * torch.rsqrt(variance + norm.eps)
    return scale, norm.bias - scale * mean
