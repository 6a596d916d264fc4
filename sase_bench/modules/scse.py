"""Concurrent spatial and channel squeeze & excitation: Roy, Navab, Wachinger, MICCAI 2018, arXiv 1803.02579.

    cSE(x) = x ⊙ sigmoid(W₁ ReLU(W₂ GAP(x)))      reduction 2
    sSE(x) = x ⊙ sigmoid(Conv 1×1, C→1 (x))
    y = cSE(x) + sSE(x)

The reduction of 2 is the paper's, for the narrow layers of U-Nets; on ResNet-50 it nearly doubles the parameters.
"""

import torch
from torch import Tensor, nn

from sase_bench.modules.width import hidden_channels

__all__ = ["SCSE"]

_REDUCTION = 2


class SCSE(nn.Module):
    """The sum of a map recalibrated by channel and one recalibrated by position."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = hidden_channels(channels, _REDUCTION)
        self.channel = nn.Sequential(nn.Conv2d(channels, hidden, 1), nn.ReLU(), nn.Conv2d(hidden, channels, 1))
        self.spatial = nn.Conv2d(channels, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        by_channel = x * torch.sigmoid(self.channel(x.mean((2, 3), keepdim=True)))
        return by_channel + x * torch.sigmoid(self.spatial(x))
