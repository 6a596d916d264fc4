"""CIFAR ResNet-(6n+2) of any width and resolution (arXiv 1512.03385, section 4.2), with 1×1 convolutions on shortcuts."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from sase_bench.backbones.attention import Attention, attention_builder
from sase_bench.backbones.resolution import require_pixels
from sase_bench.blocks.shape import EPSILON
from sase_bench.trunk import CifarTrunk, Stage

__all__ = ["BasicBlock", "CifarResNet", "cifar_resnet"]


def _conv_norm(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False), nn.BatchNorm2d(outputs))


class BasicBlock(nn.Module):
    """Two convolutions, the attention block, and the shortcut around them."""

    def __init__(self, inputs: int, stage: Stage, stride: int, kernel: int, build: Callable[[Stage], nn.Module]) -> None:
        super().__init__()
        outputs = stage.channels
        pooled = stride > 1 and kernel == 1  # a strided 1×1 would throw pixels away
        stride = 1 if pooled else stride
        self.pool = nn.AvgPool2d(2) if pooled else nn.Identity()
        self.conv1 = _conv_norm(inputs, outputs, kernel, stride)
        self.conv2 = _conv_norm(outputs, outputs, kernel)
        self.attention = build(stage)
        self.drop_path: nn.Module = nn.Identity()  # for libraries that drop residual branches in training
        self.shortcut = nn.Identity() if inputs == outputs else _conv_norm(inputs, outputs, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(x)
        y = self.conv2(torch.relu(self.conv1(x)))
        return torch.relu(self.drop_path(self.attention(y)) + self.shortcut(x))


class CifarResNet(nn.Module):
    """The network that `trunk` describes, with the attention block that `build` builds in each residual block."""

    def __init__(self, trunk: CifarTrunk, build: Callable[[Stage], nn.Module]) -> None:
        super().__init__()
        self.trunk, self.attention = trunk, str(build)
        self.stem = _conv_norm(trunk.in_channels, trunk.width, 3)
        stages, inputs = [], trunk.width
        for i, stage in enumerate(trunk.stages):
            blocks = []
            for block in range(stage.blocks):
                stride = 2 if i > 0 and block == 0 else 1
                blocks.append(BasicBlock(inputs, stage, stride, trunk.kernel_size, build))
                inputs = stage.channels
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.Sequential(*stages)
        self.classifier = nn.Linear(inputs, trunk.num_classes)

    def forward(self, images: Tensor) -> Tensor:
        features = self.stages(torch.relu(self.stem(images)))
        return self.classifier(features.mean((2, 3)))  # (B, num_classes)


def cifar_resnet(
    depth: int,
    attention: Attention = None,
    num_classes: int = 10,
    *,
    width: int = 16,
    resolution: int = 32,
    in_channels: int = 3,
    kernel_size: int = 3,
    epsilon: float = EPSILON,
) -> CifarResNet:
    """ResNet-`depth` for images of `resolution` pixels; depth = 6n+2, `width` channels in the first stage.

    `kernel_size=1` gives the trunk of limited receptive field, see `CifarTrunk`. `epsilon` stands under the roots of the
    blocks' norms, see `sase_bench.blocks.SASEBlock`. Raises `RequestError` for impossible shapes.
    """
    require_pixels(resolution)
    trunk = CifarTrunk(
        depth=depth,
        width=width,
        resolution=resolution,
        in_channels=in_channels,
        num_classes=num_classes,
        kernel_size=kernel_size,
    )
    return CifarResNet(trunk, attention_builder(attention, epsilon=epsilon))
