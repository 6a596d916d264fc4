"""From what a user writes for `attention=` to what builds one attention block."""

from dataclasses import dataclass

from torch import nn

from sase_bench.blocks import SASEBlock
from sase_bench.modules import PLAIN, Module, build, parse_attention
from sase_bench.space import Architecture
from sase_bench.trunk import Stage

__all__ = ["Attention", "Builder", "attention_builder"]

#: What a backbone accepts: no attention, a block of the space, its text form or index, or the name of a published module.
Attention = Architecture | Module | str | int | None


@dataclass(frozen=True)
class Builder:
    """Builds the attention block for a feature map: a block of the space, a module by its name, or the identity."""

    attention: Architecture | str | None

    def __call__(self, stage: Stage) -> nn.Module:
        if self.attention is None:
            return nn.Identity()
        if isinstance(self.attention, str):
            return build(self.attention, stage)
        return SASEBlock(self.attention, stage.channels, stage.height, stage.width)

    def __str__(self) -> str:
        return PLAIN if self.attention is None else str(self.attention)


def attention_builder(attention: Attention) -> Builder:
    """The builder for `attention`; "sase" is the published block, and `PLAIN` is `None` for where only text can be written.

    Raises `RequestError` for a name, a text form or an index that stands for nothing.
    """
    if attention is None or isinstance(attention, Architecture):
        return Builder(attention)
    if isinstance(attention, Module):
        return Builder(None if attention.name == PLAIN else attention.name)
    if isinstance(attention, int):
        return Builder(Architecture.from_index(attention))
    return attention_builder(parse_attention(attention))
