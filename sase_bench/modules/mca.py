"""Multidimensional collaborative attention: Yu, Zhang, Cheng, Song, Tang, "MCA", 2023.

Engineering Applications of Artificial Intelligence 126.

    y = (gate(x; H) + gate(x; W) + gate(x; C)) / 3
    gate(x; axis) = x ⊙ sigmoid(Conv1d(p)) along the axis, with one input and one output channel and no bias
    p = (mean + std)/2 + sigmoid(λ₁) mean + sigmoid(λ₂) std          over the other two axes

Kernels are 3 along height and width, and the largest odd number up to round((log₂C − 1)/1.5) along the channels. λ starts
uniformly in 0..1. The standard deviation divides by n−1, as in the authors' code, and is 0 where n = 1.
"""

import math

import torch
from torch import Tensor, nn

__all__ = ["MultidimensionalCollaborativeAttention"]

_AXES = {"channel": 1, "height": 2, "width": 3}


class AxisGate(nn.Module):
    """A gate for each place along `axis`, (B,C,H,W) → a map that broadcasts over the other two axes."""

    def __init__(self, axis: int, kernel_size: int) -> None:
        super().__init__()
        self.axis = axis
        self.mix = nn.Parameter(torch.rand(2))
        self.conv = nn.Conv1d(1, 1, kernel_size, padding=kernel_size // 2, bias=False)

    def reset_parameters(self) -> None:
        """λ uniformly in 0..1."""
        nn.init.uniform_(self.mix)

    def forward(self, x: Tensor) -> Tensor:
        flat = x.transpose(1, self.axis).flatten(2)  # (B, places, n)
        mean, std = flat.mean(2), flat.std(2, correction=min(1, flat.shape[2] - 1))
        weights = torch.sigmoid(self.mix)
        pooled = (mean + std) / 2 + weights[0] * mean + weights[1] * std  # (B, places)
        gate = torch.sigmoid(self.conv(pooled.unsqueeze(1))).squeeze(1)
        return gate[:, :, None, None].transpose(1, self.axis)


class MultidimensionalCollaborativeAttention(nn.Module):
    """The mean of three gated maps, one for each axis."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        wanted = round(abs(math.log2(channels) - 1) / 1.5)
        kernels = {"channel": max(1, wanted if wanted % 2 else wanted - 1), "height": 3, "width": 3}
        self.gates = nn.ModuleDict({name: AxisGate(axis, kernels[name]) for name, axis in _AXES.items()})

    def forward(self, x: Tensor) -> Tensor:
        total = torch.zeros_like(x)
        for gate in self.gates.values():
            total = total + x * gate(x)
        return total / len(_AXES)
