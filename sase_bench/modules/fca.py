"""Frequency channel attention: Qin, Zhang, Wu, Li, "FcaNet", ICCV 2021, arXiv 2012.11879.

    z_c = Σ_hw x[c,h,w] B_u(h; H) B_v(w; W)                 multi-spectral squeeze; (u,v) is the frequency of channel c
    B_u(h; H) = √((1 or 2)/H) cos(π u (h + ½) / H)          orthonormal DCT-II, 1 for u = 0, else 2
    y = x ⊙ sigmoid(W₂ ReLU(W₁ z))                          no bias, reduction 16

The channels are split evenly over the 16 frequencies that the authors found best on a grid of 7×7; on a map of 7k×7k
pixels they are k times as high. A map of another size than the one the module is built for is pooled to it, and nothing is
built for less than 7 pixels. Narrow networks have the first 8, 4, 2 or 1 frequencies.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sase_bench.blocks.affine import is_symbolic
from sase_bench.blocks.statistics import pool
from sase_bench.modules.width import hidden_channels

__all__ = ["FrequencyChannelAttention"]

_REDUCTION = 16
_GRID = 7
#: (u, v) of the "top 16" frequencies, best first: the authors' result of training with each single one.
_FREQUENCIES = (
    *((0, 0), (0, 1), (6, 0), (0, 5), (0, 2), (1, 0), (1, 2), (4, 0)),
    *((5, 0), (1, 6), (3, 0), (0, 4), (0, 6), (0, 3), (3, 5), (2, 2)),
)


def _basis(frequency: int, size: int) -> Tensor:
    """B_u of every position, shape (size,)."""
    frequency *= size // _GRID
    positions = torch.arange(size, dtype=torch.float64) + 0.5
    scale = math.sqrt((1 if frequency == 0 else 2) / size)
    return scale * torch.cos(math.pi * frequency * positions / size)


class FrequencyChannelAttention(nn.Module):
    """Squeeze-and-excitation with one of 16 frequencies for each channel in place of the mean."""

    filters: Tensor

    def __init__(self, channels: int, height: int = _GRID, width: int = _GRID) -> None:
        super().__init__()
        self.size = max(_GRID, height), max(_GRID, width)
        count = math.gcd(channels, len(_FREQUENCIES))
        waves = [torch.outer(_basis(u, self.size[0]), _basis(v, self.size[1])) for u, v in _FREQUENCIES[:count]]
        filters = torch.stack(waves).repeat_interleave(channels // count, dim=0)  # (C,H,W)
        self.register_buffer("filters", filters.to(torch.get_default_dtype()), persistent=False)
        hidden = hidden_channels(channels, _REDUCTION)
        self.excite = nn.Sequential(
            nn.Conv2d(channels, hidden, 1, bias=False), nn.ReLU(), nn.Conv2d(hidden, channels, 1, bias=False), nn.Sigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        squeezed = (self._pooled(x) * self.filters).sum((2, 3), keepdim=True)  # (B,C,1,1)
        return x * self.excite(squeezed)

    def _pooled(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        if is_symbolic(height, width):  # exported for any size
            return pool(x, *self.size)
        return x if (height, width) == self.size else F.adaptive_avg_pool2d(x, self.size)
