"""timm's ResNet-50 and ResNet-101 with the attention block where timm puts its own: after the third BatchNorm."""

from contextlib import nullcontext
from typing import Any

import torch
from timm.data import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD
from timm.models import generate_default_cfgs, register_model
from timm.models.resnet import Bottleneck, ResNet
from torch import Tensor, nn

from sase_bench.backbones import Attention, attention_builder
from sase_bench.blocks.shape import EPSILON
from sase_bench.errors import RequestError
from sase_bench.timm.entry import build
from sase_bench.trunk import ResNetTrunk, Stage

__all__ = ["AttentionResNet", "sase_resnet50", "sase_resnet101"]


_COLOURS = 3
_DEPTHS: dict[tuple[int, ...], int] = {(3, 4, 6, 3): 50, (3, 4, 23, 3): 101}

#: Options of timm's ResNet with which it computes in evaluation what torchvision's does, if their values allow it.
_SHARED = {"num_classes", "drop_rate", "drop_path_rate", "drop_block_rate", "zero_init_last", "in_chans", "global_pool"}


class AttentionResNet(ResNet):
    """timm's ResNet, all of its options included, with an attention block in every residual block.

    The blocks keep torch's default initialisation, as in `sase_bench.backbones`; timm's fan-out initialisation is for the
    trunk's convolutions.
    """

    def __init__(
        self,
        block: type[nn.Module],
        layers: tuple[int, ...],
        attention: Attention = "sase",
        img_size: tuple[int, int] = (224, 224),
        epsilon: float = EPSILON,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        **options: Any,
    ) -> None:
        super().__init__(block, layers, device=device, dtype=dtype, **options)
        self._img_size, self._foreign = img_size, sorted(options.keys() - _SHARED)
        builder = attention_builder(attention, epsilon=epsilon)
        self.attention = str(builder)
        with torch.device(device) if device is not None else nullcontext():
            for feature in self.feature_info[1:]:
                height, width = (-(-pixels // feature["reduction"]) for pixels in img_size)
                residual_blocks = getattr(self, feature["module"])
                stage = Stage(feature["num_chs"], height, width, len(residual_blocks))
                for residual in residual_blocks:
                    residual.se = builder(stage).to(dtype=dtype)
        self.register_load_state_dict_pre_hook(_renamed)

    @torch.jit.ignore
    def backbone_trunk(self) -> ResNetTrunk:
        """The trunk of `sase_bench.backbones` that computes the same. Raises `RequestError` where timm's options leave none."""
        height, width = self._img_size
        depth = _DEPTHS.get(tuple(len(getattr(self, feature["module"])) for feature in self.feature_info[1:]))
        different = {
            "layers": depth is None,
            "global_pool": getattr(self.global_pool, "pool_type", None) != "avg",
            "in_chans": isinstance(self.conv1, nn.Conv2d) and self.conv1.in_channels != _COLOURS,
            "num_classes=0": self.num_classes == 0,
            "img_size": height != width,
        }
        foreign = self._foreign + [name for name, differs in different.items() if differs]
        if depth is None or foreign:
            raise RequestError(f"torchvision's ResNet, as which weights are saved, has no equal of timm's {', '.join(foreign)}")
        return ResNetTrunk(depth=depth, resolution=height, num_classes=self.num_classes)

    @torch.jit.ignore
    def backbone_state(self) -> dict[str, Tensor]:
        """The tensors under the names that `sase_bench.backbones` has for them."""
        return {name.replace(".se.", ".attention."): tensor for name, tensor in self.state_dict().items()}

    @torch.jit.ignore
    def init_weights(self, zero_init_last: bool = True) -> None:
        """timm's initialisation of the trunk, torch's default of the attention blocks."""
        super().init_weights(zero_init_last)
        for name, module in reversed(list(self.named_modules())):  # parents last: theirs is the final word
            if ".se." in f"{name}." and hasattr(module, "reset_parameters"):
                module.reset_parameters()


def _renamed(_: nn.Module, state: dict[str, Tensor], *__: Any) -> None:
    """Take weights of `sase_bench.backbones`, whose bottlenecks say `attention` where timm's say `se`."""
    for name in [name for name in state if ".attention." in name]:
        state[name.replace(".attention.", ".se.")] = state.pop(name)


def _configuration() -> dict[str, Any]:
    return {
        "url": "",
        "num_classes": 1000,
        "input_size": (3, 224, 224),
        "pool_size": (7, 7),
        "crop_pct": 0.875,
        "interpolation": "bicubic",
        "mean": IMAGENET_DEFAULT_MEAN,
        "std": IMAGENET_DEFAULT_STD,
        "first_conv": "conv1",
        "classifier": "fc",
        "license": "apache-2.0",
        "paper_ids": "arXiv:2411.08333",
    }


#: Read by timm's registry; there are no weights to download yet.
default_cfgs = generate_default_cfgs(
    {"sase_resnet50.untrained": _configuration(), "sase_resnet101.untrained": _configuration()}
)


@register_model
def sase_resnet50(pretrained: bool = False, **options: Any) -> nn.Module:
    """ResNet-50 with the published block, or `attention=` ("none": plain; timm drops None), in all 16 bottlenecks."""
    return build(AttentionResNet, "sase_resnet50", pretrained, {"block": Bottleneck, "layers": (3, 4, 6, 3), **options})


@register_model
def sase_resnet101(pretrained: bool = False, **options: Any) -> nn.Module:
    """ResNet-101 with the published block, or `attention=` ("none": plain; timm drops None), in all 33 bottlenecks."""
    return build(AttentionResNet, "sase_resnet101", pretrained, {"block": Bottleneck, "layers": (3, 4, 23, 3), **options})
