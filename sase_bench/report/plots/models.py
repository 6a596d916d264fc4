"""Drawings of what predictors and searches made of a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sase_bench.report.drawing import COLOURS, MARKERS
from sase_bench.report.plots.marks import explain
from sase_bench.space import SLOTS

if TYPE_CHECKING:
    from matplotlib.figure import Figure


__all__ = ["interactions", "predictors", "regret"]


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
    explain(figure)


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
    explain(figure)


def interactions(found: Mapping[str, Any], figure: Figure) -> None:
    """The share in the variance of each slot, on the diagonal, and of each pair of slots, below it."""
    axes, data, names = figure.subplots(), found["data"], list(SLOTS)
    shares = {(row["slot"], row["other"]): row for row in found["rows"]}
    grid = [[float("nan")] * len(names) for _ in names]
    for (slot, other), row in shares.items():
        if slot is None:
            continue
        column, line = names.index(slot), names.index(other or slot)
        grid[line][column] = 100 * row["share"]
        said = f"{100 * row['share']:.0f} %\n[{100 * row['low']:.0f}, {100 * row['high']:.0f}]"
        axes.text(column, line, said, ha="center", va="center", fontsize=7)
    image = axes.imshow(grid, cmap="Blues", vmin=0, vmax=max(100 * row["share"] for row in found["rows"]) * 1.6)
    axes.set_xticks(range(len(names)), names, rotation=30, ha="right", fontsize=7)
    axes.set_yticks(range(len(names)), names, fontsize=7)
    axes.grid(visible=False)
    figure.colorbar(image, ax=axes, label=f"share in the variance of {data['metric']} (%)")
    rest = shares[None, None]
    figure.suptitle(
        f"{data['proxy']}: Gaussian process on n = {data['blocks']} blocks, 95 % intervals over {found['draws']} draws;\n"
        f"three slots and more: {100 * rest['share']:.0f} % [{100 * rest['low']:.0f}, {100 * rest['high']:.0f}]",
        fontsize=9,
    )
