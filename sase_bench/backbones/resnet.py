"""torchvision's ResNet-50 and ResNet-101 with the attention block after the third BatchNorm of every bottleneck.

Everything but the attention blocks keeps torchvision's parameter names, so its checkpoints load with `strict=False`.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from torch import Tensor, nn
from torchvision.models.resnet import Bottleneck, ResNet

from sase_bench.backbones.attention import Attention, attention_builder
from sase_bench.backbones.resolution import require_pixels
from sase_bench.blocks.shape import EPSILON
from sase_bench.trunk import ResNetTrunk, Stage

__all__ = ["resnet", "resnet50", "resnet101"]


class AttentionBottleneck(Bottleneck):
    """torchvision's bottleneck with `attention` between the last normalisation and the addition of the shortcut."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.attention: nn.Module = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.attention(self.bn3(self.conv3(y)))
        result: Tensor = self.relu(y + shortcut)
        return result


def resnet(trunk: ResNetTrunk, attention: Attention = None, *, epsilon: float = EPSILON, **options: Any) -> ResNet:
    """The network that `trunk` describes, with `attention` in every bottleneck; `options` go to `torchvision.models.ResNet`."""
    require_pixels(trunk.resolution)
    build = attention_builder(attention, epsilon=epsilon)
    blocks = [stage.blocks for stage in trunk.stages]
    network = ResNet(AttentionBottleneck, blocks, num_classes=trunk.num_classes, **options)
    stages = _dilated(trunk.stages, options.get("replace_stride_with_dilation"))
    for layer, stage in zip((network.layer1, network.layer2, network.layer3, network.layer4), stages, strict=True):
        for block in layer:
            block.attention = build(stage)
    network.trunk, network.attention, network.options = trunk, str(build), options
    return network


def _dilated(stages: Sequence[Stage], dilated: Sequence[bool] | None) -> list[Stage]:
    """The stages where those of the last three that are `dilated` keep the size of the map before them."""
    found = [stages[0]]
    for stage, keeps in zip(stages[1:], dilated or [False] * 3, strict=True):
        size = found[-1].height if keeps else -(-found[-1].height // 2)
        found.append(replace(stage, height=size, width=size))
    return found


def resnet50(
    attention: Attention = None, num_classes: int = 1000, *, resolution: int = 224, epsilon: float = EPSILON, **options: Any
) -> ResNet:
    """torchvision's ResNet-50 with `attention` in all 16 bottlenecks; `options` go to `torchvision.models.ResNet`.

    `resolution` in pixels fixes the parameters that are as large as a feature map; other sizes run too. `epsilon` stands under
    the roots of the blocks' norms, see `sase_bench.blocks.SASEBlock`.
    """
    trunk = ResNetTrunk(depth=50, resolution=resolution, num_classes=num_classes)
    return resnet(trunk, attention, epsilon=epsilon, **options)


def resnet101(
    attention: Attention = None, num_classes: int = 1000, *, resolution: int = 224, epsilon: float = EPSILON, **options: Any
) -> ResNet:
    """torchvision's ResNet-101 with `attention` in all 33 bottlenecks; see `resnet50`."""
    trunk = ResNetTrunk(depth=101, resolution=resolution, num_classes=num_classes)
    return resnet(trunk, attention, epsilon=epsilon, **options)
