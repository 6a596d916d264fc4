"""What a whole network costs with a published module, or a block, in each of its residual branches.

`count_modules` builds every module for every shape of map and counts it; the result stands in `modules.csv` beside this file,
so that reading it needs no torch. `python -m sase_bench.cost --count` prints the file made anew.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

from sase_bench.answers import Answer, render, styled
from sase_bench.cost.blocks import count
from sase_bench.errors import RequestError, needing
from sase_bench.modules import MODULES, PLAIN, Module, build
from sase_bench.space import Architecture
from sase_bench.trunk import NetworkCost, Stage, Trunk

__all__ = ["HOW", "cost_in", "count_modules", "read_modules", "written"]

#: What makes the file.
HOW = "python -m sase_bench.cost --count > sase_bench/cost/modules.csv"

_FIELDS = (*styled("text", "trunk", "module"), *styled("count", "params", "flops"))


def cost_in(trunk: Trunk, attention: Architecture | Module) -> NetworkCost:
    """Parameters and FLOPs of `trunk` with a block, or with a published module, in all its residual branches.

    Raises `RequestError` for a module in a trunk that the file does not have.
    """
    if isinstance(attention, Architecture):
        cost = count(trunk, [attention])
        return NetworkCost(int(cost.params[0]), int(cost.flops[0]))
    if attention.name == PLAIN:
        return trunk.cost
    known = read_modules()
    if (trunk.name, attention.name) not in known:
        raise RequestError(f"{attention} was not counted in {trunk.name}; count all modules with: {HOW}")
    return known[trunk.name, attention.name]


def count_modules(trunks: Iterable[Trunk], names: Iterable[str] = tuple(MODULES)) -> dict[tuple[str, str], NetworkCost]:
    """Each trunk with each module, as built; keys are the names of (trunk, module). Needs the extra `train`."""
    with needing("counting modules", "train"):
        import torch

        from sase_bench.backbones import count_network

    @cache
    def added(name: str, channels: int, height: int, width: int) -> NetworkCost:
        with torch.device("meta"):
            module = build(name, Stage(channels=channels, height=height, width=width, blocks=1))
            return count_network(module, channels, height, width)

    found = {}
    for trunk in trunks:
        for name in names:
            parts = [(stage.blocks, added(name, stage.channels, stage.height, stage.width)) for stage in trunk.stages]
            params, flops = (sum(blocks * part[i] for blocks, part in parts) for i in (0, 1))
            found[trunk.name, name] = NetworkCost(trunk.params + params, trunk.flops + flops)
    return found


@cache
def read_modules() -> Mapping[tuple[str, str], NetworkCost]:
    """What the file says, as `count_modules` gives it."""
    text = files("sase_bench.cost").joinpath("modules.csv").read_text(encoding="utf-8")
    lines = csv.DictReader(io.StringIO(text))
    return {(line["trunk"], line["module"]): NetworkCost(int(line["params"]), int(line["flops"])) for line in lines}


def written(counts: Mapping[tuple[str, str], NetworkCost]) -> str:
    """The content of the file."""
    return render(Answer(fields=_FIELDS, rows=tuple((*key, *value) for key, value in counts.items())), "csv")
