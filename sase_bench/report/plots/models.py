"""Drawings of what predictors made of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sase_bench.report.drawing import line_of
from sase_bench.report.plots.marks import explain
from sase_bench.space import SETS, SLOTS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


__all__ = ["interactions", "predictors"]

#: What shares that belong to no cell are of.
_SUMS = {"rest": "three slots and more", "pairs": "all pairs", "interactions": "pairs and more"}
#: Of a file that does not say what its intervals are of.
_FIXED = "draws of the function with its variances held fixed, too narrow; estimate the shares again"


def predictors(found: dict[str, Any], figure: Figure) -> None:
    """Kendall's tau against the number of blocks learnt from, under the noise ceiling."""
    axes, rows = figure.subplots(), found["rows"]
    sizes = sorted({row["n"] for row in rows})
    names = list(dict.fromkeys(row["predictor"] for row in rows))
    spread = 0.6 / len(names)  # of one size, so that marks do not hide each other
    for i, name in enumerate(names):
        mine = [row for row in rows if row["predictor"] == name and row["tau"] is not None]
        x = [sizes.index(row["n"]) + (i - (len(names) - 1) / 2) * spread for row in mine]
        errors = [row["tau_sd"] or 0.0 for row in mine]
        axes.errorbar(x, [row["tau"] for row in mine], yerr=errors, markersize=4, linewidth=1, label=name, **line_of(i))
    _ceilings(axes, {row["n"]: row for row in rows if row["tau_ceiling"] is not None}, sizes)
    axes.set_xticks(range(len(sizes)), [str(n) for n in sizes])
    axes.set_xlim(-0.5, len(sizes) - 0.5)
    axes.set_xlabel("blocks learnt from")
    axes.set_ylabel("Kendall τ on the other blocks")
    axes.set_title(f"{found['data']['proxy']}, {found['data']['metric']}; bars: sd over n = {rows[0]['repeats']} repeats")
    explain(figure)


def _ceilings(axes: Axes, rows: Mapping[int, Mapping[str, Any]], sizes: Sequence[int]) -> None:
    """A line over each number of blocks, and its interval where the evaluation has one."""
    for place, n in enumerate(sorted(rows)):
        row, ends = rows[n], (sizes.index(n) - 0.5, sizes.index(n) + 0.5)
        axes.hlines(row["tau_ceiling"], *ends, "black", "--", linewidth=1, label="" if place else "noise ceiling")
        if row.get("tau_ceiling_low") is not None:
            label = "" if place else "95 % interval of the ceiling"
            axes.fill_between(ends, row["tau_ceiling_low"], row["tau_ceiling_high"], color="0.9", zorder=0, label=label)


def interactions(found: Mapping[str, Any], figure: Figure) -> None:
    """The share in the variance of each slot, on the diagonal, and of each pair of slots, below it; sums are in the title.

    What an interval is of is said as the file says it. A pair has none: that of a single one holds the truth too seldom (see
    `sase_bench.predictors.importance`), that of all pairs holds it.
    """
    axes, data = figure.subplots(), found["data"]
    names = list(SETS if data["space"] == "tied" else SLOTS)
    grid = [[float("nan")] * len(names) for _ in names]
    cells = [row for row in found["rows"] if row["slot"] is not None]
    for row in cells:
        column, line = names.index(row["slot"]), names.index(row["other"] or row["slot"])
        grid[line][column] = 100 * row["share"]
        said = f"{100 * row['share']:.0f} %"
        if row["other"] is None:
            said += f"\n[{100 * row['low']:.0f}, {100 * row['high']:.0f}]"
        axes.text(column, line, said, ha="center", va="center", fontsize=7)
    image = axes.imshow(grid, cmap="Blues", vmin=0, vmax=max(100 * row["share"] for row in cells) * 1.6)
    axes.set_xticks(range(len(names)), names, rotation=30, ha="right", fontsize=7)
    axes.set_yticks(range(len(names)), names, fontsize=7)
    axes.grid(visible=False)
    figure.colorbar(image, ax=axes, label=f"share in the variance of {data['metric']} (%)")
    sums = [_sum(row, data["blocks"]) for row in found["rows"] if row["slot"] is None]
    head = f"{data['proxy']}: Gaussian process on n = {data['blocks']} blocks, {found['draws']} draws; mean and interval:"
    figure.suptitle("\n".join([head, found.get("intervals", _FIXED), *sums]), fontsize=8)


def _sum(row: Mapping[str, Any], blocks: int) -> str:
    """In words, and whether it is told apart from none."""
    said = f"{_SUMS[row.get('part', 'rest')]}: {100 * row['share']:.0f} % [{100 * row['low']:.0f}, {100 * row['high']:.0f}]"
    return said if row["low"] > 0 else f"{said}, not told apart from none by {blocks} blocks"
