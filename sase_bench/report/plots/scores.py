"""Drawings of the blocks that were measured on a proxy: scores, effects, curves, places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import sqrt
from typing import TYPE_CHECKING, Any

from sase_bench.modules import PLAIN
from sase_bench.query.modules import nearest
from sase_bench.report.drawing import COLOURS, MARKERS, line_of
from sase_bench.report.evidence import Measurement
from sase_bench.report.naming import called, titled
from sase_bench.report.plots.marks import around, between, explain, is_published, mark_published, n_of
from sase_bench.space import OPERATIONS, SASE, Architecture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


__all__ = ["curves", "effects", "neighbours", "pareto", "place", "tied_effects"]


#: Of a name among marks.
_ABOVE_MARKS: dict[str, Any] = {
    "color": COLOURS[2],
    "zorder": 5,
    "bbox": {"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.5},
}


def pareto(measurement: Measurement, figure: Figure) -> None:
    """Every block's score against its parameters, with the front, and the published modules in the same trunk."""
    axes, blocks, sd = figure.subplots(), measurement.blocks, measurement.seed_sd
    x = [block["params"] / 1e3 for block in blocks]
    y = [block[measurement.column] for block in blocks]
    errors = None if sd is None else [sd / sqrt(block["seeds"]) for block in blocks]
    label = "a block (seed noise unknown)" if sd is None else "a block ± standard error by pooled seed noise"
    axes.errorbar(x, y, yerr=errors, fmt="o", color=COLOURS[0], markersize=4, linewidth=0.8, label=label)
    front = sorted((block["params"] / 1e3, block[measurement.column]) for block in measurement.front)
    axes.step(*zip(*front, strict=True), where="post", color=COLOURS[1], label="Pareto front of the blocks' means")
    modules = [row for row in measurement.modules if row["module"] != SASE and row["params"] is not None]
    if modules:
        places = [(row["params"] / 1e3, row[measurement.column]) for row in modules]
        axes.plot(
            *zip(*places, strict=True), MARKERS[2], markerfacecolor="white", color=COLOURS[2], markersize=5, zorder=4,
            label="a published module, or the plain trunk (none)",
        )  # fmt: skip
        named_ones = {id(row) for row in modules if row["module"] == PLAIN or not _is_beaten(row, modules, measurement.column)}
        named_ones.add(id(nearest(modules, measurement.best[measurement.column], measurement.column)))
        for row, place in zip(modules, places, strict=True):
            if id(row) in named_ones:
                axes.annotate(row["module"], place, xytext=(5, -2), textcoords="offset points", fontsize=7, **_ABOVE_MARKS)
    mark_published(axes, [(block["params"] / 1e3, block[measurement.column]) for block in blocks if is_published(block)])
    axes.set_xlabel("parameters of the proxy's network (thousands)")
    axes.set_ylabel(measurement.score)
    axes.set_xscale("log")
    for axis in (axes.xaxis.set_major_formatter, axes.xaxis.set_minor_formatter):
        axis("{x:.3g}")
    beside = f", {len(modules)} networks beside them" if modules else ""
    axes.set_title(f"{measurement.proxy}, {n_of(blocks)}{beside}")
    explain(figure, columns=2)


def _is_beaten(row: dict[str, Any], others: Sequence[dict[str, Any]], column: str) -> bool:
    """Whether another one has a smaller score and no more parameters."""
    return any(other[column] < row[column] and other["params"] <= row["params"] for other in others)


def effects(measurement: Measurement, figure: Figure) -> None:
    """The marginal mean of each operation, a panel for each slot."""
    drawn, judged, of = measurement.drawn, measurement.judged, len(measurement.blocks)
    said = (
        f"those {drawn} of {of} that were drawn at random"
        if drawn == judged
        else f"{drawn} of {of} drawn at random, the others chosen by a search or a person"
    )
    _effects(measurement, measurement.effects, figure.subplots(2, 3, sharex=True).flat)
    _entitle(measurement, figure, said)


def tied_effects(measurement: Measurement, figure: Figure) -> None:
    """The same for the blocks drawn from the tied space, a panel for each set that its slots draw from."""
    _effects(measurement, measurement.tied_effects, figure.subplots(2, 2, sharex=True).flat)
    _entitle(measurement, figure, "those drawn at random from the tied space, where slots of one set have one operation")


def _effects(measurement: Measurement, found: Mapping[str, Sequence[Mapping[str, Any]]], panels: Iterable[Axes]) -> None:
    for axes, (slot, effect) in zip(panels, found.items(), strict=True):
        records = [record for record in reversed(effect) if record["mean"] is not None]
        for place, record in enumerate(records):
            if record["low"] is not None:
                axes.plot([record["low"], record["high"]], [place, place], color=COLOURS[0], linewidth=1)
            axes.plot([record["mean"]], [place], MARKERS[0], color=COLOURS[0], markersize=4)
        axes.set_xlim(*around([block[measurement.column] for block in measurement.blocks]))
        labels = [f"{record['operation']} (n={record['architectures']})" for record in records]
        axes.set_yticks(range(len(records)), labels, fontsize=6.5)
        axes.set_title(slot)


def _entitle(measurement: Measurement, figure: Figure, blocks: str) -> None:
    figure.supxlabel(f"mean {measurement.score} over the blocks with an operation; left is better", fontsize=8)
    figure.suptitle(
        f"{measurement.proxy}: bars are 95 % intervals of the mean over the space, as far as the axis goes;\n"
        f"n = blocks, {blocks}",
        fontsize=8,
    )


def neighbours(measurement: Measurement, arch: int, figure: Figure) -> None:
    """The gain of each operation over the one that a block has, a panel for each slot; the block's own stands at zero."""
    block, found = Architecture(arch), measurement.neighbours[arch]
    shown = [record for record in found if record["gain"] is not None]
    ends = [record[end] for record in shown for end in ("gain", "gain_low", "gain_high") if record[end] is not None]
    for axes, (slot, choices) in zip(figure.subplots(2, 3, sharex=True).flat, OPERATIONS.items(), strict=True):
        gains = {record["operation"]: record for record in shown if record["slot"] == slot}
        axes.axvline(0, color="grey", linewidth=0.6)
        for place, operation in enumerate(reversed(choices)):
            record = gains.get(operation)
            if operation == block.operations[slot]:
                axes.plot([0], [place], MARKERS[1], markerfacecolor="white", color=COLOURS[1], markersize=5)
            elif record is not None:
                if record["gain_low"] is not None:
                    axes.plot([record["gain_low"], record["gain_high"]], [place, place], color=COLOURS[0], linewidth=1)
                axes.plot([record["gain"]], [place], MARKERS[0], color=COLOURS[0], markersize=4)
        axes.set_yticks(range(len(choices)), list(reversed(choices)), fontsize=6.5)
        axes.set_xlim(*around([0.0, *ends]))
        axes.locator_params(axis="x", nbins=3)  # more labels would touch
        axes.set_title(slot)
    seeds = between(record["neighbour_seeds"] for record in found)
    figure.supxlabel(f"gain in {measurement.score} over {titled(arch)}; right is better", fontsize=8)
    figure.suptitle(
        f"{measurement.proxy}, block {block}\nn = {len(found)} neighbours with {seeds} seeds; "
        "bars are 95 % intervals, squares the block itself",
        fontsize=7.5,
    )


def curves(measurement: Measurement, figure: Figure) -> None:
    """Learning curves of the best, the published and the worst block, of the best module and of the plain network."""
    axes = figure.subplots()
    for place, (role, records) in enumerate(measurement.curves.items()):
        name, seeds = called(records[0]), records[0]["seeds"]
        epochs = [record["epoch"] for record in records]
        means = [record[measurement.column] for record in records]
        errors = [(record[f"{measurement.column}_sd"] or 0.0) / sqrt(record["seeds"]) for record in records]
        low, high = ([mean + sign * error for mean, error in zip(means, errors, strict=True)] for sign in (-1, 1))
        line = line_of(place)
        axes.fill_between(epochs, low, high, color=line["color"], alpha=0.2, linewidth=0)
        every = max(1, len(records) // 12)
        label = f"{role}: {'block ' if name.isdigit() else ''}{name}, {seeds} seed{'s' * (seeds != 1)}"
        axes.plot(epochs, means, markevery=every, markersize=4, linewidth=1, label=label, **line)
    axes.set_xlabel("epoch")
    axes.locator_params(axis="x", integer=True)
    axes.set_ylabel(f"{measurement.score},\nmean over seeds ± standard error")
    axes.set_title(f"{measurement.proxy}, {len(measurement.curves)} of {n_of(measurement.blocks)} and of the modules")
    explain(figure, columns=3)


def place(measurement: Measurement, figure: Figure) -> None:
    """All blocks in order of their score, and where the published one stands."""
    axes, blocks, found = figure.subplots(), measurement.blocks, measurement.published or {}
    counts = sorted({block["seeds"] for block in blocks})
    for kind, count in enumerate(counts):
        points = [(i, block[measurement.column]) for i, block in enumerate(blocks, 1) if block["seeds"] == count]
        axes.plot(
            *zip(*points, strict=True), MARKERS[kind % len(MARKERS)], color=COLOURS[(0, *range(2, 7))[kind % 6]], markersize=3,
            label=f"{len(points)} blocks with {count} seed{'s' * (count != 1)}",
        )  # fmt: skip
    mark_published(axes, [(i, block[measurement.column]) for i, block in enumerate(blocks, 1) if is_published(block)])
    said = f"the published block: {found['place']} of {found['of']}"
    if found["place_low"] is not None:
        axes.axvspan(found["place_low"], found["place_high"], color=COLOURS[1], alpha=0.15)
        said += f", truly {found['place_low']} to {found['place_high']} (95 %)"
    axes.locator_params(axis="x", integer=True)
    freed = " less what its seeds do to all blocks" * (len(counts) > 1)
    axes.set_xlabel(f"place by mean {measurement.name}{freed} (1 = best)\n{said}")
    axes.set_ylabel(f"mean {measurement.score},\nas it was measured")
    explain(figure)
    axes.set_title(f"{measurement.proxy}, {n_of(blocks)}")
