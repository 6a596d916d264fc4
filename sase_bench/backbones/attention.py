"""From what a user writes for `attention=` to a function that builds one attention block."""

from collections.abc import Callable

from torch import nn

from sase_bench.blocks import SASEBlock
from sase_bench.errors import RequestError, unknown
from sase_bench.space import Architecture
from sase_bench.trunk import Stage

__all__ = ["MODULES", "Attention", "Builder", "attention_builder"]

#: What a backbone accepts: no attention, a block of the space, its text form or index, or the name of a known module.
Attention = Architecture | str | None

#: Builds the attention block for a feature map.
Builder = Callable[[Stage], nn.Module]

#: Known modules by name, each with the name under which timm builds it.
MODULES: dict[str, str] = {
    "se": "se",  # Squeeze-and-Excitation, arXiv 1709.01507
    "ese": "ese",  # effective SE of VoVNet-v2, arXiv 1911.06667
    "eca": "eca",  # Efficient Channel Attention, arXiv 1910.03151
    "gc": "gc",  # Global Context, arXiv 1904.11492
    "cbam": "cbam",  # Convolutional Block Attention Module, arXiv 1807.06521
    "light-cbam": "lcbam",  # its light form in timm
}


def attention_builder(attention: Attention) -> Builder:
    """The builder for `attention`; for `None` it builds the identity."""
    if attention is None:
        return lambda stage: nn.Identity()
    if isinstance(attention, str) and attention.lower() in MODULES:
        kind = MODULES[attention.lower()]
        return lambda stage: _known(kind, stage.channels)
    if isinstance(attention, str):
        if "/" not in attention and not attention.isdecimal():
            raise unknown("attention module", attention, [*MODULES, "or six operations joined by '/'"])
        attention = Architecture.parse(attention)
    arch = attention
    return lambda stage: SASEBlock(arch, stage.channels, stage.height, stage.width)


def _known(kind: str, channels: int) -> nn.Module:
    try:
        from timm.layers.create_attn import create_attn
    except ModuleNotFoundError:
        raise RequestError("known attention modules come from timm; install it with: pip install timm") from None
    module = create_attn(kind, channels)
    assert module is not None  # `kind` comes from MODULES, and a test builds them all
    return module
