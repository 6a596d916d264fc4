"""What the searches of other libraries choose from: named choices, and the block that a configuration stands for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sase_bench.space import SETS, Architecture, Space

__all__ = ["choices", "chosen"]

_BLOCK = "block"


def choices(measured: Iterable[int]) -> dict[str, list[str]]:
    """Values by hyper-parameter of a search over the blocks with these indices, `Benchmark.measured(proxy).archs` for example.

    Where every tied block is among them these are the four sets of operations. A library that may ask for any combination
    would otherwise meet blocks that are not: there the blocks themselves are the one choice, by name.
    """
    blocks = sorted({int(arch) for arch in measured})
    if set(Space("tied").indices.tolist()) <= set(blocks):
        return {name: list(operations) for name, operations in SETS.items()}
    return {_BLOCK: [str(Architecture(block)) for block in blocks]}


def chosen(configuration: Mapping[str, str]) -> Architecture:
    """The block that was chosen from `choices`. Raises `RequestError` for what is no such choice."""
    if set(configuration) == {_BLOCK}:
        return Architecture.parse(configuration[_BLOCK])
    return Architecture.from_operations(configuration)
