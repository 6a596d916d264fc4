"""SimAM: Yang, Zhang, Li, Xie, "A Simple, Parameter-Free Attention Module", ICML 2021, PMLR 139.

    1/e = ((x − μ)² + 2σ² + 2λ) / (4(σ² + λ))      inverse of the minimal energy of each neuron
    y = x ⊙ sigmoid(1/e)

μ and σ² are mean and variance over the pixels of a channel, n = HW as in the paper's equations (the authors' code divides
by HW−1); λ = 1e-4. There is nothing to learn.
"""

import torch
from torch import Tensor, nn

__all__ = ["SimAM"]

_LAMBDA = 1e-4


class SimAM(nn.Module):
    """A weight for each neuron, larger where it stands out from its channel. `channels` is taken for the sake of the others."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        squared = (x - x.mean((2, 3), keepdim=True)).square()
        variance = squared.mean((2, 3), keepdim=True)
        inverse_energy = squared / (4 * (variance + _LAMBDA)) + 0.5
        return x * torch.sigmoid(inverse_energy)
