"""Channel excite: (B,C,1,1) → (B,C,1,1), a weight for each channel from one number for each channel."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from sase_bench.blocks.affine import Affine
from sase_bench.blocks.shape import Shape

__all__ = ["CHANNEL_EXCITE"]

_REDUCTION = 16


class ChannelConv(nn.Sequential):
    """One-dimensional convolutions along the channel axis with ReLU between them and a sigmoid at the end."""

    def __init__(self, *kernels: int) -> None:
        layers: list[nn.Module] = []
        for kernel in kernels:
            layers += [nn.Conv1d(1, 1, kernel, padding=kernel // 2, bias=False), nn.ReLU()]
        super().__init__(*layers[:-1])

    def forward(self, z: Tensor) -> Tensor:
        line = z.squeeze(3).transpose(1, 2)  # (B,C,1,1) → (B,1,C)
        return torch.sigmoid(super().forward(line)).transpose(1, 2).unsqueeze(3)


class Bottleneck(nn.Sequential):
    """Two 1×1 convolutions C → max(1, C//16) → C with ReLU between them. No sigmoid: its weights are not bounded."""

    def __init__(self, shape: Shape) -> None:
        hidden = max(1, shape.channels // _REDUCTION)
        super().__init__(
            nn.Conv2d(shape.channels, hidden, 1, bias=False),
            nn.ReLU(),
            nn.Conv2d(hidden, shape.channels, 1, bias=False),
        )


#: Operation by name, in the order of the operations' numbers.
CHANNEL_EXCITE: dict[str, Callable[[Shape], nn.Module]] = {
    "3conv1d_3": lambda shape: ChannelConv(3, 3, 3),
    "2conv_1x1": Bottleneck,
    "conv1d_3": lambda shape: ChannelConv(3),
    "conv1d_5": lambda shape: ChannelConv(5),
    "conv1d_7": lambda shape: ChannelConv(7),
    "2conv1d_3": lambda shape: ChannelConv(3, 3),
    "affine": lambda shape: Affine(shape.channels, 1, 1),
}
