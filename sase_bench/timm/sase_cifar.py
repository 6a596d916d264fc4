"""The CIFAR ResNets of `sase_bench.backbones` with what timm expects of a model. Weights move between the two unchanged."""

from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from timm.layers import DropPath, calculate_drop_path_rates, create_classifier
from timm.models import checkpoint_seq, generate_default_cfgs, register_model
from timm.models._features import feature_take_indices
from torch import Tensor, nn

from sase_bench.backbones import Attention, attention_builder
from sase_bench.backbones.cifar import BasicBlock, CifarResNet
from sase_bench.blocks.shape import EPSILON
from sase_bench.errors import RequestError
from sase_bench.timm.entry import build
from sase_bench.trunk import CifarTrunk

__all__ = ["CifarModel", "sase_resnet20", "sase_resnet32", "sase_resnet56"]


class CifarModel(CifarResNet):
    """ResNet-(6n+2) by timm's conventions: `in_chans`, `num_classes=0` for no classifier, a choice of pooling.

    Images are square; `img_size` is what map-sized parameters are built for. Features are the outputs of the three stages.
    """

    def __init__(
        self,
        depth: int,
        attention: Attention = "sase",
        num_classes: int = 10,
        in_chans: int = 3,
        img_size: tuple[int, int] = (32, 32),
        width: int = 16,
        epsilon: float = EPSILON,
        global_pool: str = "avg",
        drop_rate: float = 0.0,
        drop_path_rate: float = 0.0,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        if img_size[0] != img_size[1]:
            raise RequestError(f"a CIFAR ResNet is built for square images, got {img_size[0]}x{img_size[1]}")
        trunk = CifarTrunk(
            depth=depth, width=width, resolution=img_size[0], in_channels=in_chans, num_classes=max(1, num_classes)
        )
        with torch.device(device) if device is not None else nullcontext():
            super().__init__(trunk, attention_builder(attention, epsilon=epsilon))
        blocks = [module for module in self.modules() if isinstance(module, BasicBlock)]
        for block, rate in zip(blocks, calculate_drop_path_rates(drop_path_rate, len(blocks)), strict=True):
            block.drop_path = DropPath(rate) if rate > 0 else block.drop_path
        self.to(dtype=dtype)
        self.in_chans, self.drop_rate, self.grad_checkpointing = in_chans, drop_rate, False
        self.num_features = trunk.stages[-1].channels
        self.feature_info = [
            {"num_chs": stage.channels, "reduction": 2**i, "module": f"stages.{i}"} for i, stage in enumerate(trunk.stages)
        ]
        self.global_pool: Any
        self.reset_classifier(num_classes, global_pool)

    def backbone_trunk(self) -> CifarTrunk:
        """The trunk of `sase_bench.backbones` that computes the same. Raises `RequestError` for another pooling."""
        if self.num_classes and self.global_pool.pool_type != "avg":
            raise RequestError("our CIFAR ResNet, as which weights are saved, has no equal of timm's global_pool")
        return self.trunk

    def backbone_state(self) -> dict[str, Tensor]:
        """The tensors, whose names are ours."""
        return self.state_dict()

    def forward_features(self, x: Tensor) -> Tensor:
        """Images to the map of the last stage, unpooled."""
        x = torch.relu(self.stem(x))
        if self.grad_checkpointing:
            return checkpoint_seq(self.stages, x, flatten=True)
        return self.stages(x)

    def forward_head(self, x: Tensor, pre_logits: bool = False) -> Tensor:
        """The last map to logits, or with `pre_logits` to what the classifier sees."""
        x = F.dropout(self.global_pool(x), self.drop_rate, self.training)
        return x if pre_logits else self.classifier(x)

    def forward(self, images: Tensor) -> Tensor:
        return self.forward_head(self.forward_features(images))

    def forward_intermediates(
        self,
        x: Tensor,
        indices: int | list[int] | None = None,
        norm: bool = False,
        stop_early: bool = False,
        output_fmt: str = "NCHW",
        intermediates_only: bool = False,
    ) -> Any:
        """The maps of the stages that `indices` names, alone or behind the last map. There is no final norm to apply."""
        if output_fmt != "NCHW":
            raise RequestError(f"maps of a ResNet are NCHW, got {output_fmt!r}")
        wanted, last = feature_take_indices(len(self.feature_info), indices)
        x, maps = torch.relu(self.stem(x)), []
        for i, stage in enumerate(self.stages[: last + 1] if stop_early else self.stages):
            x = checkpoint_seq(stage, x) if self.grad_checkpointing else stage(x)
            if i in wanted:
                maps.append(x)
        return maps if intermediates_only else (x, maps)

    def prune_intermediate_layers(
        self, indices: int | list[int] = 1, prune_norm: bool = False, prune_head: bool = True
    ) -> list[int]:
        """Drop what the maps that `indices` names do not need; the indices, counted from the front."""
        wanted: list[int]
        wanted, last = feature_take_indices(len(self.feature_info), indices)
        self.stages = self.stages[: last + 1]
        self.num_features = self.feature_info[last]["num_chs"]
        if prune_head or last + 1 < len(self.feature_info):
            self.reset_classifier(0, "")
        return wanted

    def get_classifier(self, name_only: bool = False) -> str | nn.Module:
        return "classifier" if name_only else self.classifier

    def reset_classifier(self, num_classes: int, global_pool: str | None = None) -> None:
        """A new head for `num_classes` (0: none), with another pooling if one is named."""
        self.num_classes = num_classes
        self.trunk = replace(self.trunk, num_classes=max(1, num_classes))
        pooling = self.global_pool.pool_type if global_pool is None else global_pool
        weight = self.stem[0].weight
        head = create_classifier(self.num_features, num_classes, pool_type=pooling, device=weight.device, dtype=weight.dtype)
        self.global_pool, self.classifier = (part.train(self.training) for part in head)
        self.head_hidden_size = self.num_features * self.global_pool.feat_mult()

    def set_grad_checkpointing(self, enable: bool = True) -> None:
        self.grad_checkpointing = enable

    def group_matcher(self, coarse: bool = False) -> dict[str, str]:
        return {"stem": r"^stem", "blocks": r"^stages\.(\d+)" if coarse else r"^stages\.(\d+)\.(\d+)"}


def _configuration() -> dict[str, Any]:
    return {
        "url": "",
        "num_classes": 10,
        "input_size": (3, 32, 32),
        "pool_size": (8, 8),
        "crop_pct": 1.0,
        "interpolation": "bicubic",
        "mean": (0.4914, 0.4822, 0.4465),  # of CIFAR-10's training images, fractions of full scale
        "std": (0.2470, 0.2435, 0.2616),
        "first_conv": "stem.0",
        "classifier": "classifier",
        "license": "apache-2.0",
        "paper_ids": "arXiv:2411.08333",
    }


_NAMES = ("sase_resnet20", "sase_resnet32", "sase_resnet56")

#: Read by timm's registry; there are no weights to download yet.
default_cfgs = generate_default_cfgs({f"{name}.untrained": _configuration() for name in _NAMES})


def _build(name: str, pretrained: bool, depth: int, options: dict[str, Any]) -> nn.Module:
    return build(CifarModel, name, pretrained, {"depth": depth, **options}, feature_cls="getter", out_indices=(0, 1, 2))


@register_model
def sase_resnet20(pretrained: bool = False, **options: Any) -> nn.Module:
    """The network of the paper's search: 9 residual blocks with the published block, or `attention=`.

    The plain network is "none": timm drops None.
    """
    return _build("sase_resnet20", pretrained, 20, options)


@register_model
def sase_resnet32(pretrained: bool = False, **options: Any) -> nn.Module:
    """15 residual blocks with the published block, or `attention=` ("none": plain; timm drops None)."""
    return _build("sase_resnet32", pretrained, 32, options)


@register_model
def sase_resnet56(pretrained: bool = False, **options: Any) -> nn.Module:
    """27 residual blocks with the published block, or `attention=` ("none": plain; timm drops None)."""
    return _build("sase_resnet56", pretrained, 56, options)
