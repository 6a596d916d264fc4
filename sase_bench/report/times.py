"""What whole networks take beside the plain one, as `python -m sase_bench.latency compare` timed them.

Ratios, because they travel further than milliseconds: each is the median over rounds in which the plain network was timed too.
A block that was not timed so has a composed time, and says that it is composed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from sase_bench.cost import count
from sase_bench.database.shelf import find_released
from sase_bench.latency.comparisons import Compared, Ratio, Work, ratio_of, read_comparisons
from sase_bench.modules import PLAIN
from sase_bench.report.composed import Composed
from sase_bench.report.costs import BACKBONE, TRUNK_OF
from sase_bench.space import Architecture

__all__ = ["BESIDE", "HOW", "Taken", "Times", "find_comparisons", "in_resnet50", "read_times"]

#: What makes the file.
HOW = "python -m sase_bench.latency compare --trunks resnet50"

#: Of the table that `Times.beside` gives.
BESIDE = ("block", "operations", "timed (× plain)", "composed (× plain)", "composed over timed")

_FILE = Path("latency/comparisons.parquet")
_OF_BLOCK = ("resnet50_time", "resnet50_time_low", "resnet50_time_high", "resnet50_time_is")


class Taken(NamedTuple):
    """A network against the plain one; None where it was not timed."""

    forward: Ratio | None = None
    training: Ratio | None = None
    kept: float | None = None  # memory that a training step keeps for its backward pass, over the plain network's


@dataclass(frozen=True)
class Times:
    """The rows of a file of comparisons, for one set of conditions on each trunk and work: that which was timed last."""

    rows: Sequence[Compared] = ()
    composed: Composed | None = None  # the times of blocks from those of their operations

    def of(self, backbone: str, attention: str) -> Taken:
        """What `backbone` takes with an attention, as text, in every bottleneck."""
        found: dict[Work, Compared] = {}
        for row in self.rows:
            if (row.trunk, row.attention) == (TRUNK_OF[backbone].name, attention):
                found[row.work] = row
        ratios = {work: ratio_of(row, self.rows) for work, row in found.items()}
        kept = None
        if "training" in found and attention != PLAIN:
            plain = self.of_plain(found["training"])
            kept = None if plain is None else (found["training"].activations or 0) / (plain.activations or 1)
        return Taken(ratios.get("forward"), ratios.get("training"), kept)

    def of_block(self, arch: int) -> dict[str, Any]:
        """The forward time of ResNet-50 with a block over the plain one: timed, with least and most, or else composed."""
        taken = self.of(BACKBONE, str(Architecture(arch))).forward
        if taken is not None:
            values: tuple[Any, ...] = (*(round(value, 4) for value in (taken.median, taken.low, taken.high)), "timed")
        elif self.composed is not None:
            values = (round(float(self.composed.ratios[arch]), 4), None, None, "composed")
        else:
            values = (None,) * 4
        return dict(zip(_OF_BLOCK, values, strict=True))

    def beside(self) -> list[tuple[str, ...]]:
        """Every block whose ResNet-50 was timed, with its composed time, under `BESIDE`; for it no factor was fitted."""
        trunk, lines = TRUNK_OF[BACKBONE].name, list[tuple[str, ...]]()
        blocks = [row for row in self.rows if (row.trunk, row.work) == (trunk, "forward") and "/" in row.attention]
        for arch in sorted(Architecture.parse(row.attention) for row in blocks):
            taken = self.of(BACKBONE, str(arch)).forward
            if self.composed is None or taken is None:
                continue
            guessed = float(self.composed.ratios[arch.index])
            timed = f"{taken.median:.2f} ({taken.low:.2f} to {taken.high:.2f}, n = {taken.rounds} rounds)"
            lines.append((str(arch.index), str(arch), timed, f"{guessed:.2f}", f"{guessed / taken.median - 1:+.0%}"))
        return lines

    def of_plain(self, row: Compared) -> Compared | None:
        """The plain network under the conditions of `row`."""
        key = (row.trunk, PLAIN, row.work, row.conditions)
        return next((one for one in self.rows if (one.trunk, one.attention, one.work, one.conditions) == key), None)

    def conditions(self) -> list[str]:
        """Under what the networks were timed, a sentence for each trunk and work; how to time them where none was."""
        said = []
        for row in self.rows:
            if row.attention == PLAIN:
                conditions, low, high = row.conditions, row.p50, row.p95
                setting = conditions.setting
                said.append(
                    f"{row.trunk}, {row.work}: batch {setting.batch}, {setting.device} ({conditions.processor}), "
                    f"{setting.threads} threads, clock {setting.clock}, torch {conditions.torch_version}; the plain network "
                    f"takes {low * 1e3:,.0f} ms (p95 {high * 1e3:,.0f} ms, {row.rounds} rounds)."
                )
        return said or [f"Not timed yet. Time with `{HOW}`."]


def find_comparisons() -> Path:
    """The file beside the released table."""
    return (find_released() or Path("database")) / _FILE


def read_times(path: Path, composed: Composed | None = None) -> Times:
    """The file's rows, none where there is no file. Raises `RequestError` for a file of another kind."""
    rows = read_comparisons(path)
    last = {(row.trunk, row.work): row for row in sorted(rows, key=lambda row: row.measured_at)}
    return Times([row for row in rows if row.conditions == last[row.trunk, row.work].conditions], composed)


def in_resnet50(archs: Sequence[int], times: Times) -> list[dict[str, Any]]:
    """For each block its parameters and FLOPs (multiply-accumulates of one image), and what `Times.of_block` gives."""
    cost = count(TRUNK_OF[BACKBONE], [Architecture(arch) for arch in archs])
    return [
        {"resnet50_params": int(params), "resnet50_flops": int(flops), **times.of_block(arch)}
        for arch, params, flops in zip(archs, cost.params, cost.flops, strict=True)
    ]
