"""Spatial group-wise enhance: Li, Hu, Yang, 2019, arXiv 1905.09646.

In each of G groups of channels, with g the mean vector of the group over all positions and xᵢ its vector at position i:

    cᵢ = g · xᵢ
    ĉᵢ = (cᵢ − μ) / (σ + ε)                μ and σ over the positions, n = HW
    yᵢ = xᵢ sigmoid(γ ĉᵢ + β)              γ and β one number a group, starting at 0 and 1

ε = 1e-5; G = 64, fewer in narrow networks. The authors' code divides the variance by HW−1, the paper by HW.
"""

import torch
from torch import Tensor, nn

from sase_bench.modules.width import group_count

__all__ = ["SpatialGroupEnhance"]

_GROUPS = 64
_EPSILON = 1e-5


class SpatialGroupEnhance(nn.Module):
    """A weight for each position of each group, from its likeness to the group's mean."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.groups = group_count(channels, _GROUPS)
        self.gamma = nn.Parameter(torch.zeros(self.groups, 1))
        self.beta = nn.Parameter(torch.ones(self.groups, 1))

    def reset_parameters(self) -> None:
        """γ = 0 and β = 1."""
        nn.init.zeros_(self.gamma)
        nn.init.ones_(self.beta)

    def forward(self, x: Tensor) -> Tensor:
        groups = x.flatten(2).unflatten(1, (self.groups, -1))  # (B,G,C/G,HW)
        likeness = (groups.mean(3, keepdim=True).transpose(2, 3) @ groups).squeeze(2)  # (B,G,HW)
        centred = likeness - likeness.mean(2, keepdim=True)
        normalised = centred / (likeness.std(2, correction=0, keepdim=True) + _EPSILON)
        gate = torch.sigmoid(self.gamma * normalised + self.beta)
        return (groups * gate.unsqueeze(2)).reshape(x.shape)
