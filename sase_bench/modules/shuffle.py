"""Shuffle attention: Zhang, Yang, "SA-Net", ICASSP 2021, arXiv 2102.00240.

The channels are split into G groups, each group into two halves x₁ and x₂ of C/2G channels:

    y₁ = x₁ ⊙ sigmoid(W₁ GAP(x₁) + b₁)            channel attention
    y₂ = x₂ ⊙ sigmoid(W₂ GroupNorm(x₂) + b₂)      spatial attention, one channel a norm group
    y = shuffle(concat of all (y₁, y₂))           as ShuffleNet does, in 2 groups

W and b, each of C/2G numbers, are shared by the groups; W starts at 0 and b at 1. G = 64, fewer in narrow networks.
"""

import torch
from torch import Tensor, nn

from sase_bench.errors import RequestError
from sase_bench.modules.width import group_count

__all__ = ["ShuffleAttention"]

_GROUPS = 64


class GateScale(nn.Module):
    """sigmoid(W z + b), W and b one number a channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(channels, 1, 1))
        self.bias = nn.Parameter(torch.ones(channels, 1, 1))

    def reset_parameters(self) -> None:
        """W = 0 and b = 1."""
        nn.init.zeros_(self.weight)
        nn.init.ones_(self.bias)

    def forward(self, z: Tensor) -> Tensor:
        return torch.sigmoid(self.weight * z + self.bias)


class ShuffleAttention(nn.Module):
    """Channel attention on one half of each group, spatial attention on the other, then a channel shuffle."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        if channels % 2:
            raise RequestError(f"shuffle attention needs an even number of channels, got {channels}; widen the network")
        self.groups = group_count(channels // 2, _GROUPS, least=2)
        half = channels // (2 * self.groups)
        self.channel_gate = GateScale(half)
        self.norm = nn.GroupNorm(half, half)
        self.spatial_gate = GateScale(half)

    def forward(self, x: Tensor) -> Tensor:
        batch, channels, height, width = x.shape
        first, second = x.reshape(batch * self.groups, -1, height, width).chunk(2, dim=1)
        first = first * self.channel_gate(first.mean((2, 3), keepdim=True))
        second = second * self.spatial_gate(self.norm(second))
        both = torch.cat([first, second], dim=1).reshape(batch, 2, channels // 2, height, width)
        return both.transpose(1, 2).reshape(batch, channels, height, width)
