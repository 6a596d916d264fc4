"""What attention costs in ResNet-50 and ResNet-101 at 224×224: parameters and FLOPs are counted, times of blocks composed.

All are counted by one counter, `sase_bench.cost`; times are composed from timed operations, see `sase_bench.latency`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from sase_bench.cost import DEFAULT_TRUNKS, cost_in, count
from sase_bench.latency.checks import read_checks
from sase_bench.latency.composition import Seconds
from sase_bench.latency.filling import latency_of
from sase_bench.latency.parts import plain
from sase_bench.latency.timings import Setting, read_timings, seconds_of
from sase_bench.modules import Module
from sase_bench.space import Architecture
from sase_bench.trunk import Trunk

__all__ = ["BACKBONE", "TRUNK_OF", "Composed", "Count", "count_of", "in_resnet50", "read_composed"]

#: Backbone, as papers call it → its trunk at 224×224.
TRUNK_OF: dict[str, Trunk] = dict(zip(("ResNet-50", "ResNet-101"), DEFAULT_TRUNKS[1:], strict=True))

BACKBONE = "ResNet-50"
_SETTING = Setting()


class Count(NamedTuple):
    """What a whole network costs, or costs more than another."""

    params: int  # learnable numbers
    flops: int  # multiply-accumulates for one image


def count_of(backbone: str, attention: Architecture | Module) -> Count:
    """The backbone with a block or a module in every bottleneck; `Module("none")` is the plain one."""
    return Count(*cost_in(TRUNK_OF[backbone], attention))


@dataclass(frozen=True)
class Composed:
    """The forward time of every block of the space in ResNet-50 over the plain network's, in order of the index."""

    ratios: Seconds  # (117649,)
    about: str  # under what conditions, a sentence


def read_composed(folder: Path) -> Composed | None:
    """From the timed operations in `folder`; None where there are none. Raises `RequestError` for files of another kind."""
    timings = read_timings(folder / "operations.parquet")
    if not timings:
        return None
    trunk = TRUNK_OF[BACKBONE]
    seconds, _ = latency_of(trunk, timings, read_checks(folder / "check.parquet"), _SETTING)
    conditions, parts = seconds_of(timings, trunk, _SETTING)
    setting = conditions.setting
    about = (
        f"Times of blocks in {BACKBONE} are composed from timed operations: batch {setting.batch}, {setting.device} "
        f"({conditions.processor}), {setting.threads} threads, clock {setting.clock}, torch {conditions.torch_version}."
    )
    return Composed(seconds / parts[plain(trunk)], about)


def in_resnet50(archs: Sequence[int], composed: Composed | None) -> list[dict[str, Any]]:
    """For each block its parameters, FLOPs (multiply-accumulates of one image) and forward time over the plain network's."""
    cost = count(TRUNK_OF[BACKBONE], [Architecture(arch) for arch in archs])
    return [
        {
            "resnet50_params": int(params),
            "resnet50_flops": int(flops),
            "resnet50_time": None if composed is None else round(float(composed.ratios[arch]), 4),
        }
        for arch, params, flops in zip(archs, cost.params, cost.flops, strict=True)
    ]
