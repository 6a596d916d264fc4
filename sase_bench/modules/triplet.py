"""Triplet attention: Misra, Nalamada, Arasanipalai, Hou, "Rotate to Attend", WACV 2021, arXiv 2010.03045.

    y = (branch(x; C) + branch(x; H) + branch(x; W)) / 3
    branch(x; axis) = x ⊙ sigmoid(BatchNorm(Conv 7×7 (Z-pool(x; axis))))
    Z-pool(x; axis) = (max, mean) along the axis, stacked as two channels over the other two axes

Each branch has its own convolution (2→1, no bias) and normalisation.
"""

import torch
from torch import Tensor, nn

__all__ = ["TripletAttention"]

#: For each branch, the permutation that brings the pooled axis to the place of the channels. Each is its own inverse.
_PERMUTATIONS = {"channel": (0, 1, 2, 3), "height": (0, 2, 1, 3), "width": (0, 3, 2, 1)}


class ZPoolGate(nn.Module):
    """The gate over two axes from the maximum and the mean along the third, (B,·,·,·) → (B,1,·,·)."""

    def __init__(self, kernel_size: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2, bias=False)
        self.norm = nn.BatchNorm2d(1)

    def forward(self, x: Tensor) -> Tensor:
        pooled = torch.cat([x.amax(1, keepdim=True), x.mean(1, keepdim=True)], dim=1)
        return torch.sigmoid(self.norm(self.conv(pooled)))


class TripletAttention(nn.Module):
    """The mean of three gated maps, one for each pair of axes. `channels` is taken for the sake of the others."""

    def __init__(self, channels: int, kernel_size: int = 7) -> None:
        super().__init__()
        self.channels = channels
        self.gates = nn.ModuleDict({name: ZPoolGate(kernel_size) for name in _PERMUTATIONS})

    def forward(self, x: Tensor) -> Tensor:
        total = torch.zeros_like(x)
        for name, order in _PERMUTATIONS.items():
            total = total + x * self.gates[name](x.permute(order)).permute(order)
        return total / len(_PERMUTATIONS)
