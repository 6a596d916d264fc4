"""Style-based recalibration module: Lee, Kim, Nam, "SRM", ICCV 2019, arXiv 1903.10829.

    t_c = (μ_c, σ_c)                      style pooling: mean and standard deviation over the pixels, n = HW in both
    z_c = w_c · t_c                       channel-wise fully connected layer, two weights a channel, starting at 0
    g_c = sigmoid(BatchNorm(z)_c)         style integration
    y = g ⊙ x

The authors' code divides the variance by HW−1, the paper by HW: the paper's runs on a single pixel too.
"""

import torch
from torch import Tensor, nn

__all__ = ["SRM"]


class ChannelwiseLinear(nn.Conv1d):
    """Two weights a channel, no bias: (B,C,2) → (B,C,1)."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, channels, 2, groups=channels, bias=False)

    def reset_parameters(self) -> None:
        """All weights 0, so that training starts with the same gate for all channels."""
        nn.init.zeros_(self.weight)


class SRM(nn.Module):
    """A gate for each channel from its mean and standard deviation."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.integration = ChannelwiseLinear(channels)
        self.norm = nn.BatchNorm1d(channels)

    def forward(self, x: Tensor) -> Tensor:
        flat = x.flatten(2)
        style = torch.stack([flat.mean(2), flat.std(2, correction=0)], dim=2)  # (B,C,2)
        gate = torch.sigmoid(self.norm(self.integration(style)))  # (B,C,1)
        return x * gate.unsqueeze(3)
