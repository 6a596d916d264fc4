"""What several drawings share: the legend, the published block, and what n is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sase_bench.report.drawing import COLOURS
from sase_bench.report.naming import PUBLISHED
from sase_bench.space import SASE_BLOCK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["around", "between", "explain", "is_published", "mark_published", "n_of"]


def explain(figure: Figure, columns: int = 4) -> None:
    """A legend below the panels: looking for a free place inside takes the longer the more is drawn."""
    figure.legend(loc="outside lower center", ncols=columns, fontsize=7)


def around(values: Sequence[float]) -> tuple[float, float]:
    """The range of the values with a twentieth of it on both sides."""
    low, high = min(values), max(values)
    margin = (high - low) / 20 or 0.01
    return low - margin, high + margin


def mark_published(axes: Axes, points: Sequence[tuple[float, float]]) -> None:
    """A star at each of these points."""
    for point in points:
        axes.plot(*point, "*", color=COLOURS[1], markersize=12, zorder=3, label=PUBLISHED)


def is_published(block: dict[str, Any]) -> bool:
    """Whether this is the block that SASE published."""
    return bool(block["arch"] == SASE_BLOCK.index)


def n_of(blocks: Sequence[dict[str, Any]]) -> str:
    """How many blocks and seeds there are, in words."""
    return f"n = {len(blocks)} blocks with {between(block['seeds'] for block in blocks)} seeds"


def between(counts: Iterable[int]) -> str:
    """The fewest and the most of some counts, `1–3`, or the one that all are."""
    found = sorted(set(counts))
    return "–".join(str(count) for count in dict.fromkeys((found[0], found[-1])))
