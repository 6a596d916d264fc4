"""From what a user writes for `attention=` to what builds one attention block."""

from dataclasses import dataclass
from typing import SupportsIndex

from torch import nn

from sase_bench.blocks import SASEBlock
from sase_bench.blocks.shape import EPSILON
from sase_bench.modules import PLAIN, Module, build, parse_attention
from sase_bench.space import Architecture
from sase_bench.trunk import Stage

__all__ = ["Attention", "Builder", "attention_builder"]

#: What a backbone accepts: no attention, a block of the space, its text form or index, or the name of a published module.
Attention = Architecture | Module | str | SupportsIndex | None


@dataclass(frozen=True)
class Builder:
    """Builds the attention block for a feature map: a block of the space, a module by its name, or the identity.

    `epsilon` stands under the roots of a block of the space; modules have none of that kind.
    """

    attention: Architecture | str | None
    epsilon: float = EPSILON

    def __call__(self, stage: Stage) -> nn.Module:
        if self.attention is None:
            return nn.Identity()
        if isinstance(self.attention, str):
            return build(self.attention, stage)
        return SASEBlock(self.attention, stage.channels, stage.height, stage.width, epsilon=self.epsilon)

    def __str__(self) -> str:
        return PLAIN if self.attention is None else str(self.attention)


def attention_builder(attention: Attention, *, epsilon: float = EPSILON) -> Builder:
    """The builder for `attention`; "sase" is the published block, and `PLAIN` is `None` for where only text can be written.

    Raises `RequestError` for a name, a text form, an index or a thing that stands for nothing.
    """
    named = parse_attention(attention) if isinstance(attention, str) else attention
    if isinstance(named, Module):
        return Builder(None if named.name == PLAIN else named.name, epsilon)
    return Builder(None if named is None else Architecture.of(named), epsilon)
