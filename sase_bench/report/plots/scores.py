"""Drawings of what was measured on a proxy, and of what was published of modules."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import TYPE_CHECKING, Any

from sase_bench.modules import MODULES, PLAIN
from sase_bench.query.modules import nearest
from sase_bench.report.comparison import Entry
from sase_bench.report.drawing import COLOURS, MARKERS
from sase_bench.report.evidence import Measurement
from sase_bench.report.plots.marks import around, explain, is_published, mark_published, n_of, named
from sase_bench.report.published import BACKBONES
from sase_bench.report.transfer import Transfer
from sase_bench.space import SASE_BLOCK, SLOTS

if TYPE_CHECKING:
    from matplotlib.figure import Figure


__all__ = ["curves", "effects", "gains", "modules", "pareto", "place", "transfer"]


def modules(entries: Sequence[Entry], figure: Figure) -> None:
    """Gain against added parameters, a panel for each backbone; filled marks are gains of one recipe."""
    panels = figure.subplots(1, len(BACKBONES), sharey=True, squeeze=False)[0]
    kinds = ("own-paper", "reproduction", "third-party")
    for axes, backbone in zip(panels, BACKBONES, strict=True):
        shown = [entry for entry in entries if entry.backbone == backbone and entry.gains]
        count = sum(len(entry.gains) for entry in shown)
        for entry in shown:
            x = entry.added.params / 1e6
            heights = [gain.top1 for gain in entry.gains]
            axes.plot([x, x], [min(heights), max(heights)], color="0.6", linewidth=0.8, zorder=1)
            for gain in entry.gains:
                kind = kinds.index(gain.row.kind) if gain.row.kind in kinds else 2
                face = COLOURS[kind] if gain.is_one_recipe else "none"
                axes.scatter([x], [gain.top1], s=20, marker=MARKERS[kind], facecolors=face, edgecolors=COLOURS[kind], zorder=2)
            axes.annotate(entry.name, (x, max(heights)), xytext=(2, 3), textcoords="offset points", fontsize=7)
        axes.axhline(0, color="black", linewidth=0.8)
        axes.set_xscale("symlog", linthresh=0.01)
        axes.set_xlabel("parameters added (millions, counted here)")
        widest = max((entry.added.params / 1e6 for entry in shown), default=1.0)
        axes.set_xlim(-0.002, 6 * widest)  # a name stands to the right of its mark
        axes.set_title(f"{backbone}, n = {count} gains, {len(shown)} modules")
    panels[0].set_ylabel("published ImageNet top-1 above plain\n(percentage points, same source)")
    for place, name in enumerate(kinds):
        panels[-1].scatter([], [], marker=MARKERS[place], color=COLOURS[place], label=name)
    panels[-1].scatter([], [], marker="o", facecolors="none", edgecolors="0.3", label="hollow: mixed recipes or copied")
    explain(figure)


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
    modules = [row for row in measurement.modules if row["module"] != "sase" and row["params"] is not None]
    if modules:
        places = [(row["params"] / 1e3, row[measurement.column]) for row in modules]
        axes.plot(
            *zip(*places, strict=True), MARKERS[2], markerfacecolor="none", color=COLOURS[2], markersize=5,
            label="a published module, or the plain trunk (none)",
        )  # fmt: skip
        named_ones = {id(row) for row in modules if row["module"] == PLAIN or not _is_beaten(row, modules, measurement.column)}
        named_ones.add(id(nearest(modules, measurement.best[measurement.column], measurement.column)))
        for row, place in zip(modules, places, strict=True):
            if id(row) in named_ones:
                axes.annotate(row["module"], place, xytext=(5, -2), textcoords="offset points", fontsize=7, color=COLOURS[2])
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


def gains(measurement: Measurement, figure: Figure) -> None:
    """What every published module and the best block do for the score of the plain trunk."""
    axes, best = figure.subplots(), measurement.best_gain
    rows = [(named(row["module"]), row, 0) for row in measurement.modules if row["gain"] is not None]
    if best is not None and best["arch"] != SASE_BLOCK.index:
        rows.append((f"best block, {best['arch']} (chosen by this score)", best, 1))
    rows.sort(key=lambda row: float(row[1]["gain"]))
    for place, (_, row, kind) in enumerate(rows):
        colour = COLOURS[kind]
        if row["gain_low"] is not None:
            axes.plot([row["gain_low"], row["gain_high"]], [place, place], color=colour, linewidth=1)
        axes.plot([row["gain"]], [place], MARKERS[kind], color=colour, markersize=4)
    axes.set_yticks(range(len(rows)), [f"{name} (n={row['seeds']})" for name, row, _ in rows], fontsize=7)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_ylim(-0.7, len(rows) - 0.3)
    axes.set_xlabel(
        f"gain over the plain trunk in {measurement.score}; right is better\n"
        "mean over n seeds without their levels, and 95 % interval"
    )
    axes.set_title(f"{measurement.proxy}: {len(rows)} in the same trunk")


def transfer(transfers: Sequence[Transfer], figure: Figure) -> None:
    """What attention gains in accuracy over the plain network, a panel for each network, one below another."""
    heights = [len(found.gains) + 1 for found in transfers]
    panels = figure.subplots(len(transfers), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    for axes, found in zip(panels, transfers, strict=True):
        rows = list(reversed(found.gains))
        for place, gain in enumerate(rows):
            kind = 0 if gain.attention in MODULES else 1
            if gain.top1_low is not None and gain.top1_high is not None:
                axes.plot([gain.top1_low, gain.top1_high], [place, place], color=COLOURS[kind], linewidth=1)
            axes.plot([gain.top1], [place], MARKERS[kind], color=COLOURS[kind], markersize=4)
        names = [gain.text.partition(" (")[0] for gain in rows]
        axes.set_yticks(
            range(len(rows)), [f"{name} (n={gain.seeds})" for name, gain in zip(names, rows, strict=True)], fontsize=7
        )
        axes.axvline(0, color="black", linewidth=0.8)
        axes.set_ylim(-0.7, len(rows) - 0.3)
        axes.set_title(found.proxy)
    panels[-1].set_xlabel("validation top-1 above plain (percentage points)\nmean over n seeds, and 95 % interval")


def effects(measurement: Measurement, figure: Figure) -> None:
    """The marginal mean of each operation, a panel for each slot."""
    panels = figure.subplots(2, 3, sharex=True)
    for axes, slot in zip(panels.flat, SLOTS, strict=True):
        records = [record for record in reversed(measurement.effects[slot]) if record["mean"] is not None]
        for place, record in enumerate(records):
            if record["low"] is not None:
                axes.plot([record["low"], record["high"]], [place, place], color=COLOURS[0], linewidth=1)
            axes.plot([record["mean"]], [place], MARKERS[0], color=COLOURS[0], markersize=4)
        axes.set_xlim(*around([block[measurement.column] for block in measurement.blocks]))
        labels = [f"{record['operation']} (n={record['architectures']})" for record in records]
        axes.set_yticks(range(len(records)), labels, fontsize=6.5)
        axes.set_title(slot)
    drawn, judged, of = measurement.drawn, measurement.judged, len(measurement.blocks)
    figure.supxlabel(f"mean {measurement.score}", fontsize=8)
    figure.suptitle(
        f"{measurement.proxy}: marginal means, 95 % intervals of the space's, cut at the range of all; n = blocks,\n"
        + (
            f"those {drawn} of {of} that were drawn at random"
            if drawn == judged
            else f"{drawn} of {of} drawn at random, the others chosen by a search or a person"
        ),
        fontsize=8,
    )


def curves(measurement: Measurement, figure: Figure) -> None:
    """Learning curves of the best, the published and the worst block."""
    axes = figure.subplots()
    for (role, records), colour, marker in zip(measurement.curves.items(), COLOURS, MARKERS, strict=False):
        label = f"{role}: block {records[0]['arch']}, {records[0]['seeds']} seeds"
        epochs = [record["epoch"] for record in records]
        losses = [record[measurement.column] for record in records]
        every = max(1, len(records) // 12)
        axes.plot(epochs, losses, color=colour, marker=marker, markevery=every, markersize=4, linewidth=1, label=label)
    axes.set_xlabel("epoch")
    axes.locator_params(axis="x", integer=True)
    axes.set_ylabel(f"{measurement.score}, mean over seeds")
    axes.set_title(f"{measurement.proxy}, {len(measurement.curves)} of {n_of(measurement.blocks)}")
    explain(figure)


def place(measurement: Measurement, figure: Figure) -> None:
    """All blocks in order of their score, and where the published one stands."""
    axes, blocks, found = figure.subplots(), measurement.blocks, measurement.published or {}
    axes.plot(range(1, len(blocks) + 1), [block[measurement.column] for block in blocks], "o", color=COLOURS[0], markersize=4)
    mark_published(axes, [(i, block[measurement.column]) for i, block in enumerate(blocks, 1) if is_published(block)])
    said = f"the published block: {found['place']} of {found['of']}"
    if found["place_low"] is not None:
        axes.axvspan(found["place_low"], found["place_high"], color=COLOURS[1], alpha=0.15)
        said += f", truly {found['place_low']} to {found['place_high']} (95 %)"
    axes.locator_params(axis="x", integer=True)
    axes.set_xlabel(f"place by mean {measurement.score} (1 = best); {said}")
    axes.set_ylabel(measurement.score)
    axes.set_title(f"{measurement.proxy}, {n_of(blocks)}")
