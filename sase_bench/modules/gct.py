"""Gated channel transformation: Yang, Zhu, Wu, Yang, CVPR 2020, arXiv 1909.11519.

    s_c = α_c (Σ_hw x² + ε)^½             global context embedding
    ŝ_c = √C s_c / (Σ_c s_c² + ε)^½       channel normalisation
    y_c = x_c (1 + tanh(γ_c ŝ_c + β_c))   gating adaptation

α starts at 1, γ and β at 0: training starts at the identity. ε = 1e-5. The authors' code puts ε under the mean of s², which
is the same with C·ε here.
"""

import torch
from torch import Tensor, nn

__all__ = ["GatedChannelTransformation"]

_EPSILON = 1e-5


class GatedChannelTransformation(nn.Module):
    """Competition or cooperation between channels, decided by three numbers a channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(channels, 1, 1))
        self.gamma = nn.Parameter(torch.zeros(channels, 1, 1))
        self.beta = nn.Parameter(torch.zeros(channels, 1, 1))

    def reset_parameters(self) -> None:
        """α = 1, γ = β = 0."""
        nn.init.ones_(self.alpha)
        nn.init.zeros_(self.gamma)
        nn.init.zeros_(self.beta)

    def forward(self, x: Tensor) -> Tensor:
        embedding = self.alpha * (x.square().sum((2, 3), keepdim=True) + _EPSILON).sqrt()  # (B,C,1,1)
        norm = (embedding.square().sum(1, keepdim=True) + _EPSILON).sqrt()
        normalised = x.shape[1] ** 0.5 * embedding / norm
        return x * (1 + torch.tanh(self.gamma * normalised + self.beta))
