"""The drawings behind the figures: plain values in, marks on an empty matplotlib figure out. Every axis says its unit and n."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import TYPE_CHECKING, Any

from sase_bench.query.intervals import pooled
from sase_bench.report.comparison import Entry
from sase_bench.report.drawing import COLOURS, MARKERS
from sase_bench.report.evidence import Measurement
from sase_bench.report.published import BACKBONES
from sase_bench.space import SASE_BLOCK, SLOTS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["curves", "effects", "gains", "modules", "pareto", "place", "predictors", "regret", "reliability"]

_PUBLISHED = "SASE's published block"


def modules(entries: Sequence[Entry], figure: Figure) -> None:
    """Gain against added parameters, a panel for each backbone; filled marks are gains of one recipe."""
    panels = figure.subplots(1, len(BACKBONES), sharey=True, squeeze=False)[0]
    kinds = ("own-paper", "reproduction", "third-party")
    for axes, backbone in zip(panels, BACKBONES, strict=True):
        shown = [entry for entry in entries if entry.backbone == backbone and entry.gains and entry.added is not None]
        count = sum(len(entry.gains) for entry in shown)
        for entry in shown:
            x = 0.0 if entry.added is None else entry.added.params / 1e6
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
        widest = max((entry.added.params / 1e6 for entry in shown if entry.added is not None), default=1.0)
        axes.set_xlim(-0.002, 6 * widest)  # a name stands to the right of its mark
        axes.set_title(f"{backbone}, n = {count} gains, {len(shown)} modules")
    panels[0].set_ylabel("published ImageNet top-1 above plain\n(percentage points, same source)")
    for place, name in enumerate(kinds):
        panels[-1].scatter([], [], marker=MARKERS[place], color=COLOURS[place], label=name)
    panels[-1].scatter([], [], marker="o", facecolors="none", edgecolors="0.3", label="hollow: mixed recipes or copied")
    _explain(figure)


def pareto(measurement: Measurement, figure: Figure) -> None:
    """Every block's loss against its parameters, with the front."""
    axes, blocks = figure.subplots(), measurement.blocks
    sd = _noise(blocks)
    x = [block["params"] / 1e3 for block in blocks]
    y = [block["val_loss"] for block in blocks]
    errors = None if sd is None else [sd / sqrt(block["seeds"]) for block in blocks]
    label = "a block (seed noise unknown)" if sd is None else "a block ± standard error by pooled seed noise"
    axes.errorbar(x, y, yerr=errors, fmt="o", color=COLOURS[0], markersize=4, linewidth=0.8, label=label)
    front = sorted((block["params"] / 1e3, block["val_loss"]) for block in measurement.front)
    axes.step(*zip(*front, strict=True), where="post", color=COLOURS[1], label="Pareto front of the means")
    _mark_published(axes, [(block["params"] / 1e3, block["val_loss"]) for block in blocks if _is_published(block)])
    axes.set_xlabel("parameters of the proxy's network (thousands)")
    axes.set_ylabel("validation loss (nats)")
    axes.set_xscale("log")
    for axis in (axes.xaxis.set_major_formatter, axes.xaxis.set_minor_formatter):
        axis("{x:.3g}")
    axes.set_title(f"{measurement.proxy}, {_n(blocks)}")
    _explain(figure)


def gains(measurement: Measurement, figure: Figure) -> None:
    """What every published module and the best block do for the loss of the plain trunk."""
    axes, best = figure.subplots(), measurement.best_gain
    rows = [(_named(row["module"]), row, 0) for row in measurement.modules if row["gain"] is not None]
    if best is not None and best["arch"] != SASE_BLOCK.index:
        rows.append((f"best block, {best['arch']} (chosen by this loss)", best, 1))
    rows.sort(key=lambda row: float(row[1]["gain"]))
    for place, (_, row, kind) in enumerate(rows):
        colour = COLOURS[kind]
        if row["gain_low"] is not None:
            axes.plot([row["gain_low"], row["gain_high"]], [place, place], color=colour, linewidth=1)
        axes.plot([row["gain"]], [place], MARKERS[kind], color=colour, markersize=4)
    axes.set_yticks(range(len(rows)), [f"{name} (n={row['pairs']})" for name, row, _ in rows], fontsize=7)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_ylim(-0.7, len(rows) - 0.3)
    axes.set_xlabel(
        "validation loss below the plain trunk's (nats; right is better)\nmean and 95 % interval over n paired seeds"
    )
    axes.set_title(f"{measurement.proxy}: {len(rows)} in the same trunk")


def effects(measurement: Measurement, figure: Figure) -> None:
    """The marginal mean of each operation, a panel for each slot."""
    panels = figure.subplots(2, 3, sharex=True)
    for axes, slot in zip(panels.flat, SLOTS, strict=True):
        records = [record for record in reversed(measurement.effects[slot]) if record["mean"] is not None]
        for place, record in enumerate(records):
            if record["low"] is not None:
                axes.plot([record["low"], record["high"]], [place, place], color=COLOURS[0], linewidth=1)
            axes.plot([record["mean"]], [place], MARKERS[0], color=COLOURS[0], markersize=4)
        axes.set_xlim(*_around([block["val_loss"] for block in measurement.blocks]))
        labels = [f"{record['operation']} (n={record['architectures']})" for record in records]
        axes.set_yticks(range(len(records)), labels, fontsize=6.5)
        axes.set_title(slot)
    for axes in panels[-1]:
        axes.set_xlabel("mean validation loss (nats)")
    figure.suptitle(
        f"{measurement.proxy}: marginal means, 95 % intervals over blocks, cut at the range of all blocks; n = blocks",
        fontsize=9,
    )


def curves(measurement: Measurement, figure: Figure) -> None:
    """Learning curves of the best, the published and the worst block."""
    axes = figure.subplots()
    for (role, records), colour, marker in zip(measurement.curves.items(), COLOURS, MARKERS, strict=False):
        label = f"{role}: block {records[0]['arch']}, {records[0]['seeds']} seeds"
        epochs = [record["epoch"] for record in records]
        losses = [record["val_loss"] for record in records]
        every = max(1, len(records) // 12)
        axes.plot(epochs, losses, color=colour, marker=marker, markevery=every, markersize=4, linewidth=1, label=label)
    axes.set_xlabel("epoch")
    axes.set_ylabel("validation loss (nats), mean over seeds")
    axes.set_title(f"{measurement.proxy}, {len(measurement.curves)} of {_n(measurement.blocks)}")
    _explain(figure)


def place(measurement: Measurement, figure: Figure) -> None:
    """All blocks in order of their loss, and where the published one stands."""
    axes, blocks, found = figure.subplots(), measurement.blocks, measurement.published or {}
    axes.plot(range(1, len(blocks) + 1), [block["val_loss"] for block in blocks], "o", color=COLOURS[0], markersize=4)
    _mark_published(axes, [(i, block["val_loss"]) for i, block in enumerate(blocks, 1) if _is_published(block)])
    said = f"the published block: {found['place']} of {found['of']}"
    if found["place_low"] is not None:
        axes.axvspan(found["place_low"], found["place_high"], color=COLOURS[1], alpha=0.15)
        said += f", by seed noise in {found['place_low']} to {found['place_high']} (95 %)"
    axes.set_xlabel(f"place by mean validation loss (1 = best); {said}")
    axes.set_ylabel("validation loss (nats)")
    axes.set_title(f"{measurement.proxy}, {_n(blocks)}")


def reliability(calibrations: Sequence[dict[str, Any]], figure: Figure) -> None:
    """ICC and reliability with their intervals, a line for each proxy and metric."""
    axes = figure.subplots()
    for place, row in enumerate(reversed(calibrations)):
        for offset, name, colour, marker in ((0.12, "icc", COLOURS[0], "o"), (-0.12, "reliability", COLOURS[1], "s")):
            if row[name] is not None:
                axes.plot([row[f"{name}_low"], row[f"{name}_high"]], [place + offset] * 2, color=colour, linewidth=1)
                axes.plot([row[name]], [place + offset], marker, color=colour, markersize=4)
    labels = [f"{row['proxy']}\n{row['metric']}, n = {row['blocks']} × {row['seeds']}" for row in reversed(calibrations)]
    axes.set_yticks(range(len(labels)), labels, fontsize=6.5)
    axes.set_xlim(-1, 1.02)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_xlabel(
        "share of variance due to the block (1 = ranks repeat, 0 = they do not); n = blocks × seeds; 95 % intervals"
    )
    axes.plot([], [], "o", color=COLOURS[0], label="a single run (ICC)")
    axes.plot([], [], "s", color=COLOURS[1], label="mean of the seeds (reliability)")
    _explain(figure)


def regret(search: dict[str, Any], figure: Figure) -> None:
    """Mean regret of every strategy against the blocks it has evaluated."""
    axes = figure.subplots()
    for i, (name, values) in enumerate(sorted(search["strategies"].items())):
        points = [(at, mean) for at, (mean, _) in enumerate(values["curve"], 1) if mean is not None]
        style = ("-", "--", ":")[i // len(COLOURS) % 3]
        axes.plot(*zip(*points, strict=True), style, color=COLOURS[i % len(COLOURS)], linewidth=1, label=name)
    axes.set_xlabel("blocks evaluated")
    axes.set_ylabel(f"mean regret in {search['metric']}")
    axes.set_title(f"{search['proxy']}, pool of {search['pool']} blocks, n = {search['repeats']} repeats")
    _explain(figure)


def predictors(found: dict[str, Any], figure: Figure) -> None:
    """Kendall's tau against the number of blocks learnt from, under the noise ceiling."""
    axes, rows = figure.subplots(), found["rows"]
    for i, name in enumerate(dict.fromkeys(row["predictor"] for row in rows)):
        mine = [row for row in rows if row["predictor"] == name and row["tau"] is not None]
        x, y = ([row[column] for row in mine] for column in ("n", "tau"))
        errors = [row["tau_sd"] or 0.0 for row in mine]
        colour, marker = COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)]
        axes.errorbar(x, y, yerr=errors, color=colour, marker=marker, markersize=4, linewidth=1, label=name)
    ceilings = [(row["n"], row["tau_ceiling"]) for row in rows if row["tau_ceiling"] is not None]
    if ceilings:
        axes.plot(*zip(*sorted(ceilings), strict=True), "k--", linewidth=1, label="noise ceiling")
    axes.set_xlabel("blocks learnt from")
    axes.set_ylabel("Kendall τ on the other blocks")
    axes.set_title(f"{found['data']['proxy']}, {found['data']['metric']}; bars: sd over n = {rows[0]['repeats']} repeats")
    _explain(figure)


def _explain(figure: Figure) -> None:
    """A legend below the panels: looking for a free place inside takes the longer the more is drawn."""
    figure.legend(loc="outside lower center", ncols=4, fontsize=7)


def _around(values: Sequence[float]) -> tuple[float, float]:
    """The range of the values with a twentieth of it on both sides."""
    low, high = min(values), max(values)
    margin = (high - low) / 20 or 0.01
    return low - margin, high + margin


def _named(module: str) -> str:
    return _PUBLISHED if module == "sase" else module


def _mark_published(axes: Axes, points: Sequence[tuple[float, float]]) -> None:
    for point in points:
        axes.plot(*point, "*", color=COLOURS[1], markersize=12, zorder=3, label=_PUBLISHED)


def _is_published(block: dict[str, Any]) -> bool:
    return bool(block["arch"] == SASE_BLOCK.index)


def _noise(blocks: Sequence[dict[str, Any]]) -> float | None:
    """The standard deviation between seeds, pooled over blocks; None where no block has two."""
    found = pooled((block["seeds"], block["val_loss_sd"]) for block in blocks)
    return None if found is None else found.sd


def _n(blocks: Sequence[dict[str, Any]]) -> str:
    seeds = sorted({block["seeds"] for block in blocks})
    return f"n = {len(blocks)} blocks with {'–'.join(str(count) for count in dict.fromkeys((seeds[0], seeds[-1])))} seeds"
