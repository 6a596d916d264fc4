"""Bottleneck attention module: Park, Woo, Lee, Kweon, BMVC 2018, arXiv 1807.06514.

    Mc = BatchNorm(W₁ ReLU(W₀ GAP(x) + b₀) + b₁)                               (B,C,1,1)
    Ms = BatchNorm(Conv 1×1 (Conv 3×3 (Conv 3×3 (Conv 1×1 (x)))))               (B,1,H,W)
    y = x + x ⊙ sigmoid(Mc + Ms)

Both branches reduce to C/16 channels; the 3×3 convolutions are dilated by 4. The equations leave open what stands between
the convolutions: ReLU here, as in the authors' code. That code also normalises after every hidden layer instead of at the
end, and multiplies Mc by Ms; the paper's sum is built here. The paper puts one module after each of the first three stages,
here it stands where its neighbours of this package stand.
"""

import torch
from torch import Tensor, nn

from sase_bench.modules.width import hidden_channels

__all__ = ["BAM"]

_REDUCTION = 16
_DILATION = 4


class BAM(nn.Module):
    """Channel and spatial attention, added before one sigmoid."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = hidden_channels(channels, _REDUCTION)
        self.channel = nn.Sequential(
            nn.Conv2d(channels, hidden, 1), nn.ReLU(), nn.Conv2d(hidden, channels, 1), nn.BatchNorm2d(channels)
        )
        self.spatial = nn.Sequential(
            nn.Conv2d(channels, hidden, 1),
            nn.ReLU(),
            nn.Conv2d(hidden, hidden, 3, padding=_DILATION, dilation=_DILATION),
            nn.ReLU(),
            nn.Conv2d(hidden, hidden, 3, padding=_DILATION, dilation=_DILATION),
            nn.ReLU(),
            nn.Conv2d(hidden, 1, 1),
            nn.BatchNorm2d(1),
        )

    def forward(self, x: Tensor) -> Tensor:
        pooled = x.mean((2, 3), keepdim=True)
        return x + x * torch.sigmoid(self.channel(pooled) + self.spatial(x))
