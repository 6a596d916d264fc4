"""Double attention: Chen, Kalantidis, Li, Yan, Feng, "A²-Nets", NeurIPS 2018, arXiv 1810.11579.

    G = φ(x) softmax_hw(θ(x))ᵀ           second-order attention pooling: n descriptors of m numbers
    Z = G softmax_n(ρ(x))                each position picks its mixture of descriptors
    y = x + W Z

φ (C→m), θ and ρ (C→n) and W (m→C) are 1×1 convolutions; m = n = C/4. The paper adds five such blocks to ResNet-50.
"""

from torch import Tensor, nn

from sase_bench.modules.width import hidden_channels

__all__ = ["DoubleAttention"]

_REDUCTION = 4


class DoubleAttention(nn.Module):
    """Gathers features of the whole map and distributes them to the positions; adds the result to the map."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = hidden_channels(channels, _REDUCTION)
        self.features = nn.Conv2d(channels, hidden, 1)
        self.gather = nn.Conv2d(channels, hidden, 1)
        self.distribute = nn.Conv2d(channels, hidden, 1)
        self.expand = nn.Conv2d(hidden, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        gathering = self.gather(x).flatten(2).softmax(2)  # (B,n,HW)
        distribution = self.distribute(x).flatten(2).softmax(1)  # (B,n,HW)
        descriptors = self.features(x).flatten(2) @ gathering.transpose(1, 2)  # (B,m,n)
        return x + self.expand((descriptors @ distribution).unflatten(2, x.shape[2:]))
