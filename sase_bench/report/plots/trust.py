"""Drawings of how far the scores of a proxy can be trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import TYPE_CHECKING, Any

from sase_bench.report.drawing import COLOURS
from sase_bench.report.evidence import Measurement
from sase_bench.report.plots.marks import explain, is_published, mark_published

if TYPE_CHECKING:
    from matplotlib.figure import Figure


__all__ = ["agreement", "reliability"]


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
    explain(figure)


def agreement(short: Measurement, long: Measurement, row: Mapping[str, Any], figure: Figure) -> None:
    """The loss of each block that both have, on one against the other, with the standard errors by pooled seed noise."""
    axes, there = figure.subplots(), {block["arch"]: block for block in long.blocks}
    common = [(block, there[block["arch"]]) for block in short.blocks if block["arch"] in there]
    errors = [[(found.seed_sd or 0.0) / sqrt(pair[i]["seeds"]) for pair in common] for i, found in enumerate((short, long))]
    x, y = ([pair[i]["val_loss"] for pair in common] for i in (0, 1))
    label = "a block ± standard error of its mean"
    axes.errorbar(x, y, xerr=errors[0], yerr=errors[1], fmt="o", color=COLOURS[0], markersize=4, linewidth=0.8, label=label)
    mark_published(axes, [(a["val_loss"], b["val_loss"]) for a, b in common if is_published(a)])
    axes.set_xlabel(f"validation loss on {short.proxy} (nats)")
    axes.set_ylabel(f"validation loss (nats) on\n{long.proxy}")
    said = "validity not defined" if row["validity"] is None else f"validity {row['validity']:.2f}"
    if row["validity"] is not None and row["validity_low"] is not None:
        said += f" [{row['validity_low']:.2f}, {row['validity_high']:.2f}]: correlation of ranks, freed of the noise of both"
    axes.set_title(f"{said}\nn = {len(common)} blocks, validity by {row['reference_blocks']} of them")
    explain(figure)
