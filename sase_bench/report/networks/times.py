"""What whole networks take, by themselves and beside the plain one, as `python -m sase_bench.latency compare` timed them.

Ratios travel further than milliseconds: each is the median over rounds in which the plain network was timed too. A block that
was not timed so has a composed time, and says that it is composed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from sase_bench.cost import count
from sase_bench.database.shelf import released_path
from sase_bench.latency.comparisons import WORK, Compared, Ratio, Work, ratio_of, read_comparisons
from sase_bench.modules import PLAIN
from sase_bench.report.networks.composed import Composed, accuracy_in_resnet50
from sase_bench.report.networks.costs import BACKBONE, TRUNK_OF
from sase_bench.space import SASE, SASE_BLOCK, Architecture

__all__ = [
    "ABOUT_TIMED",
    "BESIDE",
    "HOW",
    "TIMED",
    "Taken",
    "Times",
    "find_comparisons",
    "in_resnet50",
    "interval",
    "named",
    "read_times",
    "timed",
]

#: What makes the file.
HOW = "python -m sase_bench.latency compare --trunks resnet50"

#: Of the table that `Times.beside` gives.
BESIDE = ("block", "operations", "timed (× plain)", "composed (× plain)", "composed over timed")

#: Of the table that `timed` fills.
TIMED = (
    "network",
    "attention",
    *(f"{work} {what}" for work in WORK for what in ("rounds", "p50 (ms)", "p95 (ms)", "(× plain)", "peak (MB)")),
    "kept for backward (MB)",
    "kept (× plain)",
)

#: What that table says, and what it cannot.
ABOUT_TIMED = (
    "Rounds visit every network in turn. A round counts with the median of its passes, three forward passes or one training "
    "step of a network as slow as these, and p50 and p95 are percentiles over rounds: of so few, p95 lies between the two "
    "slowest and says nothing of a tail. A ratio is the median over the rounds that the plain network was in as well, with the "
    "least and the most. Kept for backward are the bytes (1 MB = 10⁶) that one training step of the batch keeps for its "
    "backward pass, without parameters. A peak is the most that torch held at once during one pass or step of the batch, "
    "beside weights, the optimiser's state and the images: gradients and all that is kept for them are in that of a step."
)

_FILE = ("latency", "comparisons.parquet")
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
        found = self.of_network(backbone, attention)
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

    def both_ways(self) -> dict[Architecture, tuple[Ratio, float]]:
        """The blocks whose ResNet-50 was timed, with what it took and its composed time, for which no factor was fitted."""
        trunk = TRUNK_OF[BACKBONE].name
        names = {row.attention for row in self.rows if (row.trunk, row.work) == (trunk, "forward") and "/" in row.attention}
        found = {arch: self.of(BACKBONE, str(arch)).forward for arch in sorted(map(Architecture.parse, names))}
        return {
            arch: (taken, float(self.composed.ratios[arch.index]))
            for arch, taken in found.items()
            if self.composed is not None and taken is not None
        }

    def beside(self) -> list[tuple[str, ...]]:
        """A line for each of them, under `BESIDE`."""
        return [
            (
                str(arch.index),
                str(arch),
                f"{taken.median:.2f} ({taken.low:.2f} to {taken.high:.2f}, n = {taken.rounds} rounds)",
                f"{composed:.2f}",
                f"{composed / taken.median - 1:+.0%}",
            )
            for arch, (taken, composed) in self.both_ways().items()
        ]

    def of_network(self, backbone: str, attention: str) -> dict[Work, Compared]:
        """What was timed of a network, by work."""
        name = TRUNK_OF[backbone].name
        return {row.work: row for row in self.rows if (row.trunk, row.attention) == (name, attention)}

    def attentions(self, backbone: str) -> list[str]:
        """All that were timed in a network: none, then modules by name, then blocks by their numbers."""
        found = {row.attention for row in self.rows if row.trunk == TRUNK_OF[backbone].name}
        blocks = sorted(Architecture.parse(name) for name in found if "/" in name)
        return [*sorted((name for name in found if "/" not in name), key=lambda name: (name != PLAIN, name)), *map(str, blocks)]

    def record(self, backbone: str, attention: str) -> dict[str, dict[str, Any]]:
        """The same as plain values, by work: rounds, seconds at p50 and p95, the ratio, bytes kept and held at once."""
        found = {}
        for work, row in self.of_network(backbone, attention).items():
            ratio = None if attention == PLAIN else ratio_of(row, self.rows)
            kept = {} if row.activations is None else {"kept_bytes": row.activations}
            kept |= {} if row.peak is None else {"peak_bytes": row.peak}
            over = None if ratio is None else asdict(ratio)
            found[str(work)] = {"rounds": row.rounds, "p50": row.p50, "p95": row.p95, "over_plain": over, **kept}
        return found

    def settings(self) -> list[dict[str, Any]]:
        """Under what the networks were timed, as plain values, for each trunk and work."""
        return [
            {"trunk": row.trunk, "work": row.work, **row.conditions.values, "measured_at": row.measured_at}
            for row in self.rows
            if row.attention == PLAIN
        ]

    def of_plain(self, row: Compared) -> Compared | None:
        """The plain network under the conditions of `row`."""
        key = (row.trunk, PLAIN, row.work, row.conditions)
        return next((one for one in self.rows if (one.trunk, one.attention, one.work, one.conditions) == key), None)

    def conditions(self) -> list[str]:
        """Under what the networks were timed, a sentence for each trunk and work; how to time them where none was."""
        said = [
            f"{row.trunk}, {row.work}: {row.conditions}; the plain network takes {row.p50 * 1e3:,.0f} ms (p95 "
            f"{row.p95 * 1e3:,.0f} ms, {row.rounds} rounds)."
            for row in self.rows
            if row.attention == PLAIN
        ]
        return said or [f"Not timed yet. Time with `{HOW}`."]


def find_comparisons() -> Path:
    """The file beside the released table."""
    return released_path(*_FILE)


def read_times(path: Path, composed: Composed | None = None) -> Times:
    """The file's rows, none where there is no file. Raises `RequestError` for a file of another kind."""
    rows = read_comparisons(path)
    last = {(row.trunk, row.work): row for row in sorted(rows, key=lambda row: row.measured_at)}
    times = Times([row for row in rows if row.conditions == last[row.trunk, row.work].conditions], composed)
    if composed is None:
        return times
    return replace(times, composed=replace(composed, about=f"{composed.about} {_off(times, composed)}"))


def timed(times: Times) -> list[tuple[str, ...]]:
    """A line for each network that was timed, under `TIMED`."""
    lines = []
    for backbone in TRUNK_OF:
        for attention in times.attentions(backbone):
            found, taken = times.of_network(backbone, attention), times.of(backbone, attention)
            ratios: dict[Work, Ratio | None] = {"forward": taken.forward, "training": taken.training}
            cells = [cell for work in WORK for cell in _clocked(found.get(work), ratios[work])]
            kept = found["training"].activations if "training" in found else None
            cells += ["-" if kept is None else f"{kept / 1e6:,.0f}", "-" if taken.kept is None else f"{taken.kept:.2f}"]
            lines.append((backbone, named(attention), *cells))
    return lines


def named(attention: str) -> str:
    """An attention as tables call it: a block by its number."""
    if "/" in attention:
        arch = Architecture.parse(attention)
        return SASE if arch == SASE_BLOCK else f"block {arch.index}"
    return "plain" if attention == PLAIN else attention


def interval(ratio: Ratio) -> str:
    """The median, the least and the most."""
    return f"{ratio.median:.2f} ({ratio.low:.2f} to {ratio.high:.2f})"


def _clocked(row: Compared | None, ratio: Ratio | None) -> tuple[str, ...]:
    if row is None:
        return ("-",) * 5
    over = "1 by definition" if row.attention == PLAIN else "-" if ratio is None else interval(ratio)
    peak = "-" if row.peak is None else f"{row.peak / 1e6:,.0f}"
    return str(row.rounds), f"{row.p50 * 1e3:,.0f}", f"{row.p95 * 1e3:,.0f}", over, peak


def _off(times: Times, composed: Composed) -> str:
    """How far sums are off, by the check and by what was timed in whole networks as well, a sentence."""
    said = []
    check = accuracy_in_resnet50(composed.checks)
    if check is not None:
        said.append(f"at most {check.largest_error:.1%} off in the {check.held_out} held-out networks of the check")
    errors = [guessed / taken.median - 1 for taken, guessed in times.both_ways().values()]
    if errors:
        blocks = f"{len(errors)} block{'s' * (len(errors) != 1)}"
        said.append(f"{min(errors):+.0%} to {max(errors):+.0%} off in the {blocks} that were timed both ways")
    return f"Such sums are {', and '.join(said)}." if said else "How far such sums are off was not checked."


def in_resnet50(archs: Sequence[int], times: Times) -> list[dict[str, Any]]:
    """For each block its parameters and FLOPs (multiply-accumulates of one image), and what `Times.of_block` gives."""
    cost = count(TRUNK_OF[BACKBONE], [Architecture(arch) for arch in archs])
    return [
        {"resnet50_params": int(params), "resnet50_flops": int(flops), **times.of_block(arch)}
        for arch, params, flops in zip(archs, cost.params, cost.flops, strict=True)
    ]
