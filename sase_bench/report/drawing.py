"""How figures look and how they become files that are the same to the byte: no dates, fixed identifiers, matplotlib's own font.

The first seven colours are those of Okabe and Ito (2008), which colour-blind readers tell apart; the others are darker, and no
closer to each other and to these. Every series also has its own marker and a dash, so that a figure survives grey print. Needs
matplotlib (`pip install 'sase-bench[report]'`), imported when something is drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sase_bench.errors import RequestError, needing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["COLOURS", "MARKERS", "Drawing", "check_drawing", "line_of", "new_figure", "save"]

#: Draws onto an empty figure.
Drawing = Callable[["Figure"], None]

COLOURS = (
    *("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"),
    *("#882255", "#332288", "#7A4B00", "#4B0055", "#661100"),
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">", "p", "h")
_DASHES = ("-", "--", ":", "-.")

_STYLE: Any = {
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 9,
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "grid.alpha": 0.3,
    "legend.frameon": False,
    "svg.fonttype": "path",
    "svg.hashsalt": "sase-bench",
}
_DOTS_PER_INCH = 150
#: What matplotlib would write of itself and of the day.
_METADATA: dict[str, dict[str, Any]] = {"svg": {"Date": None, "Creator": None}, "png": {"Software": None}}


def line_of(place: int) -> dict[str, Any]:
    """How the series at this place, from 0, of a figure is drawn: the first twelve share neither colour nor marker.

    Those behind them differ from all others at least in their dash, up to 48.
    """
    turn, i = divmod(place, len(COLOURS))
    return {"color": COLOURS[i], "marker": MARKERS[i], "linestyle": _DASHES[(i + turn) % len(_DASHES)]}


def check_drawing() -> None:
    """Raises `RequestError` where nothing can be drawn, before anything is read for it or written."""
    with needing("drawing figures", "report"):
        import matplotlib.figure  # noqa: F401


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, sizes in inches. Raises `RequestError` without matplotlib."""
    check_drawing()
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def save(draw: Drawing, folder: Path, name: str, *, width: float, height: float) -> list[Path]:
    """Draw once and write `name`.svg and `name`.png. Raises `RequestError` for a folder that cannot be written."""
    figure = new_figure(width, height)
    from matplotlib import rc_context

    paths = []
    with rc_context(_STYLE):
        draw(figure)
        for suffix, metadata in _METADATA.items():
            path = folder / f"{name}.{suffix}"
            try:
                folder.mkdir(parents=True, exist_ok=True)
                figure.savefig(path, format=suffix, metadata=metadata, dpi=_DOTS_PER_INCH)
            except OSError as error:
                raise RequestError(f"cannot write {str(path)!r}: {error.strerror}") from error
            paths.append(path)
    return paths
