"""Drawings of how far the scores of a proxy can be trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import TYPE_CHECKING, Any

from sase_bench.recipes.registry import metric_of
from sase_bench.report.drawing import COLOURS
from sase_bench.report.evidence import Measurement
from sase_bench.report.plots.marks import explain, is_published, mark_published

if TYPE_CHECKING:
    from matplotlib.figure import Figure


__all__ = ["agreement", "fidelity", "reliability"]


def reliability(calibrations: Sequence[dict[str, Any]], figure: Figure) -> None:
    """ICC and reliability with their intervals, a line for each proxy and metric; what lies below -1 is cut off."""
    axes = figure.subplots()
    for place, row in enumerate(reversed(calibrations)):
        for offset, name, colour, marker in ((0.12, "icc", COLOURS[0], "o"), (-0.12, "reliability", COLOURS[1], "s")):
            if row[name] is not None:
                axes.plot([row[f"{name}_low"], row[f"{name}_high"]], [place + offset] * 2, color=colour, linewidth=1)
                axes.plot([row[name]], [place + offset], marker, color=colour, markersize=4)
    labels = [f"{row['proxy']}\n{_metric(row)}, n = {row['blocks']} × {row['seeds']}" for row in reversed(calibrations)]
    axes.set_yticks(range(len(labels)), labels, fontsize=6.5)
    lows = [row[f"{name}_low"] for row in calibrations for name in ("icc", "reliability") if row[f"{name}_low"] is not None]
    axes.set_xlim(max(-1.0, min([0.0, *lows])) - 0.02, 1.02)
    axes.set_ylim(-0.5, len(labels) - 0.5)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_xlabel(
        "share of variance due to the block\n(1 = ranks repeat, 0 = they do not);\nn = blocks × seeds; 95 % intervals"
    )
    axes.plot([], [], "o", color=COLOURS[0], label="a single run (ICC)")
    axes.plot([], [], "s", color=COLOURS[1], label="mean of the seeds (reliability)")
    explain(figure)


def _metric(row: Mapping[str, Any]) -> str:
    return f"{row['metric']} (ranks blocks)" if row["metric"] == metric_of(row["proxy"]) else str(row["metric"])


def fidelity(measurement: Measurement, figure: Figure) -> None:
    """How the order of the blocks after each epoch agrees with that after the last."""
    axes, records = figure.subplots(), [row for row in measurement.fidelity if row["correlation"] is not None]
    epochs = [row["epoch"] for row in records]
    axes.plot(epochs, [row["correlation"] for row in records], "o-", color=COLOURS[0], markersize=3, linewidth=1)
    known = [row for row in records if row["low"] is not None]
    if known:
        low, high = ([row[end] for row in known] for end in ("low", "high"))
        axes.fill_between([row["epoch"] for row in known], low, high, color=COLOURS[0], alpha=0.15, label="95 % interval")
        explain(figure)
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set_ylim(min([-0.02, *(row["low"] for row in known)]), 1.02)
    axes.locator_params(axis="x", integer=True)
    axes.set_xlabel("epoch")
    axes.set_ylabel(f"rank correlation (Spearman) with the last\nepoch of the blocks' mean {measurement.name}")
    axes.set_title(f"{measurement.proxy}, n = {records[0]['blocks'] if records else 0} blocks, the same seeds early and late")


def agreement(short: Measurement, long: Measurement, row: Mapping[str, Any], figure: Figure) -> None:
    """The score of each block that both have, on one against the other, with the standard errors by pooled seed noise."""
    axes, there = figure.subplots(), {block["arch"]: block for block in long.blocks}
    common = [(block, there[block["arch"]]) for block in short.blocks if block["arch"] in there]
    errors = [[(found.seed_sd or 0.0) / sqrt(pair[i]["seeds"]) for pair in common] for i, found in enumerate((short, long))]
    x, y = ([pair[i][found.column] for pair in common] for i, found in enumerate((short, long)))
    label = "a block ± standard error of its mean"
    axes.errorbar(x, y, xerr=errors[0], yerr=errors[1], fmt="o", color=COLOURS[0], markersize=4, linewidth=0.8, label=label)
    mark_published(axes, [(a[short.column], b[long.column]) for a, b in common if is_published(a)])
    axes.set_xlabel(f"{short.score} on {short.proxy}")
    axes.set_ylabel(f"{long.score} on\n{long.proxy}")
    said = "validity not defined" if row["validity"] is None else f"validity {row['validity']:.2f}"
    if row["validity"] is not None and row["validity_low"] is not None:
        said += f" [{row['validity_low']:.2f}, {row['validity_high']:.2f}]: correlation of ranks, freed of the noise of both"
    axes.set_title(f"{said}\nn = {len(common)} blocks, validity by {row['reference_blocks']} of them")
    explain(figure)
