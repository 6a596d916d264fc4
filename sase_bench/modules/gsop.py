"""Global second-order pooling: Gao, Xie, Wang, Li, CVPR 2019, arXiv 1811.12006. The channel-wise block of GSoP-Net.

    r = ReLU(BatchNorm(Conv 1×1 (ReLU(x))))         C → d channels
    Σ = (1/HW) Σ_hw (r − r̄)(r − r̄)ᵀ                covariance of the channels, (B,d,d)
    v = row-wise convolution of BatchNorm(Σ)         each row to 4 numbers, grouped: d → 4d
    y = x ⊙ sigmoid(W v + b)                         4d → C

d = 128, which is half of the narrowest map of ResNet-50; in narrower networks C/2. The authors put the block at
the end of stages, and in the first stage halve the map before the covariance; here neither.
"""

import torch
from torch import Tensor, nn

from sase_bench.modules.width import hidden_channels

__all__ = ["GSoP"]

_DIMENSION = 128
_EXPANSION = 4


class GSoP(nn.Module):
    """A gate for each channel from the covariances of all channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        size = min(_DIMENSION, hidden_channels(channels, 2))
        self.reduce = nn.Sequential(nn.ReLU(), nn.Conv2d(channels, size, 1), nn.BatchNorm2d(size), nn.ReLU())
        self.norm = nn.BatchNorm1d(size)
        self.rows = nn.Conv1d(size, _EXPANSION * size, size, groups=size)
        self.excite = nn.Conv1d(_EXPANSION * size, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        reduced = self.reduce(x).flatten(2)  # (B,d,HW)
        centred = reduced - reduced.mean(2, keepdim=True)
        covariance = centred @ centred.transpose(1, 2) / reduced.shape[2]  # (B,d,d)
        gate = torch.sigmoid(self.excite(self.rows(self.norm(covariance))))  # (B,C,1)
        return x * gate.unsqueeze(3)
