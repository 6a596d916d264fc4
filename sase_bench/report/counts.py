"""Parameters and FLOPs of ResNet-50 and ResNet-101 with every module, counted by one counter and kept in a file.

Counting builds the networks and needs torch, timm and minutes; reading `counts.csv` needs neither, so a report is quick.
Blocks of the space are counted without being built, by `sase_bench.cost`. Both count what `sase_bench.trunk` says: learnable
numbers, and multiply-accumulates of convolutions, linear layers and matrix products for one image of 224×224.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from sase_bench.cost import count
from sase_bench.errors import RequestError
from sase_bench.modules import MODULES
from sase_bench.space import Architecture
from sase_bench.trunk import ResNetTrunk

__all__ = ["COUNTS", "HOW", "TRUNKS", "Count", "block_count", "count_modules", "plain_count", "read_counts", "write_counts"]

#: The file beside the published tables.
COUNTS = "counts.csv"

#: What makes it.
HOW = "python -m sase_bench.report --count"

#: Backbone, as papers call it → its trunk at 224×224.
TRUNKS: dict[str, ResNetTrunk] = {f"ResNet-{depth}": ResNetTrunk(depth=depth) for depth in (50, 101)}

_IMAGE = (3, 224, 224)
_FIELDS = ["backbone", "module", "params", "flops"]


class Count(NamedTuple):
    """What a whole network costs."""

    params: int  # learnable numbers
    flops: int  # multiply-accumulates for one image


def plain_count(backbone: str) -> Count:
    """The backbone without attention."""
    trunk = TRUNKS[backbone]
    return Count(trunk.params, trunk.flops)


def block_count(backbone: str, arch: Architecture) -> Count:
    """The backbone with a block of the space in every bottleneck."""
    cost = count(TRUNKS[backbone], [arch])
    return Count(int(cost.params[0]), int(cost.flops[0]))


def count_modules(names: Iterable[str] = tuple(MODULES)) -> dict[tuple[str, str], Count]:
    """Both backbones with each module in every bottleneck, counted as built; keys are (backbone, module)."""
    import torch

    from sase_bench.backbones import count_network, resnet50, resnet101

    builders = dict(zip(TRUNKS, (resnet50, resnet101), strict=True))
    found = {}
    for backbone, build in builders.items():
        for name in names:
            with torch.device("meta"):
                found[backbone, name] = Count(*count_network(build(name), *_IMAGE))
    return found


def write_counts(path: Path, counts: Mapping[tuple[str, str], Count]) -> None:
    """Keep counts as CSV. Raises `RequestError` where the file cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(_FIELDS)
            writer.writerows((*key, *value) for key, value in counts.items())
    except OSError as error:
        raise RequestError(f"cannot write {str(path)!r}: {error.strerror}") from error


def read_counts(path: Path) -> dict[tuple[str, str], Count]:
    """What `write_counts` kept; nothing where there is no file. Raises `RequestError` for a file of another kind."""
    if not path.exists():
        return {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            lines = list(csv.DictReader(file))
        return {(line["backbone"], line["module"]): Count(int(line["params"]), int(line["flops"])) for line in lines}
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, TypeError, ValueError) as error:
        raise RequestError(f"{str(path)!r} cannot be read as counts; make it again with: {HOW}") from error
