"""What a backbone looks like without its attention blocks: where blocks stand, and what the plain network costs.

A trunk is a description, so this module needs no torch; `sase_bench.backbones` builds the modules from the same description.
FLOPs are multiply-accumulates of convolutions, linear layers and matrix products for one image, which is what papers on
attention modules call FLOPs; element-wise work, pooling and normalisation are not counted.

>>> ResNetTrunk(depth=50).params, CifarTrunk(depth=20, resolution=32).stages[0]
(25557032, Stage(channels=16, height=32, width=32, blocks=3))
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

from sase_bench.errors import RequestError, unknown

__all__ = ["CIFAR_DEPTHS", "CifarTrunk", "NetworkCost", "ResNetTrunk", "Stage", "Trunk"]

#: The depth of each CIFAR ResNet that goes by a name wherever a backbone is named.
CIFAR_DEPTHS = {f"resnet{depth}": depth for depth in (8, 20, 32, 56)}


@dataclass(frozen=True)
class Stage:
    """A run of residual blocks whose outputs have one shape; an attention block stands at the end of each branch."""

    channels: int
    height: int  # pixels
    width: int  # pixels
    blocks: int


class NetworkCost(NamedTuple):
    """What a network costs, or costs more than another."""

    params: int  # learnable numbers
    flops: int  # multiply-accumulates for one image


@dataclass(frozen=True)
class _Tally:
    """Parameters and FLOPs of the layers counted so far."""

    params: int = 0
    flops: int = 0

    def conv(self, inputs: int, outputs: int, kernel: int, size: int) -> "_Tally":
        """A convolution without bias and the batch normalisation behind it, on an output of `size` × `size` pixels."""
        weights = inputs * outputs * kernel * kernel
        return _Tally(self.params + weights + 2 * outputs, self.flops + weights * size * size)

    def linear(self, inputs: int, outputs: int) -> "_Tally":
        return _Tally(self.params + inputs * outputs + outputs, self.flops + inputs * outputs)


class _Counted(ABC):
    """What both trunks say of their plain network."""

    @abstractmethod
    def _plain(self) -> _Tally: ...

    @property
    def cost(self) -> NetworkCost:
        """Of the plain network."""
        tally = self._plain()
        return NetworkCost(tally.params, tally.flops)

    @property
    def params(self) -> int:
        """Learnable numbers of the plain network."""
        return self._plain().params

    @property
    def flops(self) -> int:
        """Multiply-accumulates of the plain network for one image."""
        return self._plain().flops


@dataclass(frozen=True, kw_only=True)
class CifarTrunk(_Counted):
    """ResNet-(6n+2) for small images: stem 3×3, three stages of n basic blocks, width doubled and size halved between them.

    With `kernel_size=1` the residual blocks see single pixels and stages shrink by 2×2 average pooling, so that the
    attention block is the only part behind the stem that looks beyond a pixel (the idea of BagNet, arXiv 1904.00760).
    """

    depth: int
    width: int = 16  # channels of the first stage
    resolution: int = 32  # pixels, height = width
    in_channels: int = 3
    num_classes: int = 10
    kernel_size: int = 3

    def __post_init__(self) -> None:
        if self.depth < 8 or (self.depth - 2) % 6:
            raise RequestError(f"the depth of a CIFAR ResNet is 6n+2 (8, 14, 20, ...), got {self.depth!r}")
        if self.kernel_size not in (1, 3):
            raise RequestError(f"the kernel size of a CIFAR ResNet is 1 or 3, got {self.kernel_size!r}")
        if self.resolution < 8 or self.resolution % 4:
            raise RequestError(f"the resolution is a multiple of 4 and at least 8 pixels, got {self.resolution!r}")
        if min(self.width, self.in_channels, self.num_classes) < 1:
            raise RequestError(f"a network has at least one channel and one class, got {self}")

    @property
    def name(self) -> str:
        """A name that fixes every number above: the key of the table `costs`."""
        local = "-local" if self.kernel_size == 1 else ""
        return f"resnet{self.depth}{local}-w{self.width}-{self.resolution}px-{self.in_channels}x{self.num_classes}"

    @property
    def blocks_per_stage(self) -> int:
        return (self.depth - 2) // 6

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The three stages in order."""
        sizes = (self.resolution // 2**i for i in range(3))
        return tuple(Stage(self.width * 2**i, size, size, self.blocks_per_stage) for i, size in enumerate(sizes))

    def _plain(self) -> _Tally:
        tally = _Tally().conv(self.in_channels, self.width, 3, self.resolution)
        inputs = self.width
        for stage in self.stages:
            for block in range(stage.blocks):
                size, outputs = stage.height, stage.channels
                tally = tally.conv(inputs, outputs, self.kernel_size, size)
                tally = tally.conv(outputs, outputs, self.kernel_size, size)
                if block == 0 and inputs != outputs:
                    tally = tally.conv(inputs, outputs, 1, size)
                inputs = outputs
        return tally.linear(inputs, self.num_classes)


_LAYERS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}
_EXPANSION = 4


@dataclass(frozen=True, kw_only=True)
class ResNetTrunk(_Counted):
    """torchvision's ResNet-50 or ResNet-101 (bottlenecks, stride on the 3×3) at 224×224 or another resolution."""

    depth: int
    resolution: int = 224  # pixels, height = width
    num_classes: int = 1000

    def __post_init__(self) -> None:
        if self.depth not in _LAYERS:
            raise unknown("ResNet depth", self.depth, [str(depth) for depth in _LAYERS])

    @property
    def name(self) -> str:
        """A name that fixes every number above: the key of the table `costs`."""
        return f"resnet{self.depth}-{self.resolution}px-{self.num_classes}"

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The four stages in order; every stride rounds the size up."""
        size, stages = -(-self.resolution // 4), []
        for i, blocks in enumerate(_LAYERS[self.depth]):
            size = size if i == 0 else -(-size // 2)
            stages.append(Stage(64 * 2**i * _EXPANSION, size, size, blocks))
        return tuple(stages)

    def _plain(self) -> _Tally:
        tally, inputs, before = _Tally().conv(3, 64, 7, -(-self.resolution // 2)), 64, -(-self.resolution // 4)
        for stage in self.stages:
            for block in range(stage.blocks):
                planes, size = stage.channels // _EXPANSION, stage.height
                tally = tally.conv(inputs, planes, 1, before).conv(planes, planes, 3, size)
                tally = tally.conv(planes, stage.channels, 1, size)
                if block == 0:
                    tally = tally.conv(inputs, stage.channels, 1, size)
                inputs, before = stage.channels, size
        return tally.linear(inputs, self.num_classes)


Trunk = CifarTrunk | ResNetTrunk
