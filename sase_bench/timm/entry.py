"""What the entry points of both families share: the size they build for, and timm's own builder."""

from typing import Any

from timm.layers import to_2tuple
from timm.models import build_model_with_cfg, get_pretrained_cfg
from torch import nn

__all__ = ["build", "resolved_size"]


def resolved_size(variant: str, img_size: int | tuple[int, int] | None, **configuration: Any) -> tuple[int, int]:
    """Height and width in pixels that map-sized parameters are built for: `img_size`, or the configuration's input size."""
    if img_size is not None:
        height, width = to_2tuple(img_size)
        return int(height), int(width)
    given, overlay = configuration.get("pretrained_cfg"), configuration.get("pretrained_cfg_overlay") or {}
    if given is None or isinstance(given, str):
        given = get_pretrained_cfg(f"{variant}.{given}" if given else variant)
    size = overlay.get("input_size") or (given.get("input_size") if isinstance(given, dict) else given.input_size)
    _, height, width = size or (3, 224, 224)
    return height, width


def build(cls: type[nn.Module], variant: str, pretrained: bool, options: dict[str, Any], **features: Any) -> nn.Module:
    """The network `variant`, by timm's own builder; `features` configure `features_only`."""
    configuration = {name: options.get(name) for name in ("pretrained_cfg", "pretrained_cfg_overlay")}
    options["img_size"] = resolved_size(variant, options.get("img_size"), **configuration)
    network: nn.Module = build_model_with_cfg(cls, variant, pretrained, feature_cfg=features, **options)
    return network
