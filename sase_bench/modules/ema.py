"""Efficient multi-scale attention with cross-spatial learning: Ouyang et al., ICASSP 2023, arXiv 2305.13563.

In each of G groups of c = C/G channels, all groups sharing the same weights:

    (h, w) = Conv 1×1 (concat[mean of x over W, mean of x over H])      bias, c → c
    x₁ = GroupNorm(x ⊙ sigmoid(h) ⊙ sigmoid(w))                         one channel a norm group
    x₂ = Conv 3×3 (x)                                                   bias, c → c
    s = softmax(GAP(x₁)) · x₂ + softmax(GAP(x₂)) · x₁                   softmax over the c channels, s is (1,H,W)
    y = x ⊙ sigmoid(s)

G = 32, as in the authors' code for classification; fewer in narrow networks.
"""

import torch
from torch import Tensor, nn

from sase_bench.modules.width import group_count

__all__ = ["EfficientMultiscaleAttention"]

_GROUPS = 32


class EfficientMultiscaleAttention(nn.Module):
    """Two branches of different reach weigh each other's positions."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.groups = group_count(channels, _GROUPS)
        inner = channels // self.groups
        self.strips = nn.Conv2d(inner, inner, 1)
        self.norm = nn.GroupNorm(inner, inner)
        self.local = nn.Conv2d(inner, inner, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        groups = x.reshape(x.shape[0] * self.groups, -1, height, width)
        strips = torch.cat([groups.mean(3, keepdim=True), groups.mean(2, keepdim=True).transpose(2, 3)], dim=2)
        rows, columns = torch.sigmoid(self.strips(strips)).split([height, width], dim=2)
        far = self.norm(groups * rows * columns.transpose(2, 3))
        near = self.local(groups)
        scores = self._cross(far, near) + self._cross(near, far)
        return (groups * torch.sigmoid(scores)).reshape(x.shape)

    @staticmethod
    def _cross(query: Tensor, values: Tensor) -> Tensor:
        """softmax(GAP(query)) · values, (N,c,H,W) twice → (N,1,H,W)."""
        weights = query.mean((2, 3)).softmax(1).unsqueeze(1)  # (N,1,c)
        return (weights @ values.flatten(2)).unflatten(2, values.shape[2:])
