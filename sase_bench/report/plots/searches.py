"""Drawings of a comparison of searches: how far from the best block each is, and which of them differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sase_bench.bo.comparison import Summary
from sase_bench.bo.registry import COMPARED
from sase_bench.report.drawing import COLOURS, line_of
from sase_bench.report.plots.marks import explain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


__all__ = ["cliques", "ranks", "regret"]

#: Searches that have the same colour and marker in every figure.
_USUAL = (*COMPARED, "differentiable-1", "differentiable-2")

#: Of a regret, by metric.
_UNITS = {"val_loss": "nats", "val_top1": "0..1", "train_loss": "nats"}

_ASIDE = 2.2  # ranks beside the axis, for names
_ABOVE = -2.0  # the height of the bar as wide as the critical difference


def regret(search: Summary, figure: Figure) -> None:
    """Mean regret of every strategy with its standard error: against the blocks it has evaluated, and against simulated time.

    A strategy with few repeats has no error and says how many there are.
    """
    panels = figure.subplots(1, 2, sharey=True)
    unit = _UNITS.get(search["metric"], search["metric"])
    hours = [moment / 3600 for moment in search["times"]]
    styles = _styles(search["strategies"])
    for i, (name, values) in enumerate(sorted(search["strategies"].items())):
        label = name if values["repeats"] == search["repeats"] else f"{name} (n = {values['repeats']})"
        line = styles[name]
        blocks = range(1, len(values["curve"]) + 1)
        for axes, x, curve in zip(panels, (blocks, hours), (values["curve"], values["curve_by_time"]), strict=True):
            points = [(at, mean, error or 0.0) for at, (mean, error) in zip(x, curve, strict=True) if mean is not None]
            if not points:
                continue
            places, means, errors = zip(*points, strict=True)
            low, high = ([max(mean + sign * error, 0.0) for mean, error in zip(means, errors, strict=True)] for sign in (-1, 1))
            axes.fill_between(places, low, high, color=line["color"], alpha=0.15, linewidth=0)
            every = (i % 5, max(1, len(places) // 6))
            axes.plot(
                places, means, markevery=every, markersize=4, linewidth=1, label=label if axes is panels[0] else None, **line,
            )  # fmt: skip
    for axes in panels:
        axes.set_yscale("symlog", linthresh=_turn(search))
        axes.set_ylim(bottom=0)
    panels[0].locator_params(axis="x", integer=True)
    panels[0].set_xlabel("blocks evaluated")
    panels[1].set_xlabel(f"simulated hours, {search['workers']} {'worker' if search['workers'] == 1 else 'workers'}")
    panels[0].set_ylabel(f"regret in {search['metric']} ({unit})")
    figure.suptitle(
        f"{search['proxy']}, pool of {search['pool']} blocks, {search['shown']} shown: "
        f"mean and standard error over n = {search['repeats']} repeats",
        fontsize=9,
    )
    explain(figure)


def _styles(strategies: Iterable[str]) -> dict[str, dict[str, Any]]:
    """How each is drawn: the usual ones alike in all figures, others behind them in the order of their names."""
    others = sorted(set(strategies) - set(_USUAL))
    return {name: line_of(place) for place, name in enumerate([*_USUAL, *others])}


def _turn(search: Summary) -> float:
    """Where the axis turns from a logarithm to a line, in the metric's unit: what the means are not known better than.

    Where all means stay above that, half of the smallest: there is nothing below it to be shown.
    """
    ends = [values["curve"][-1][1] for values in search["strategies"].values() if values["curve"]]
    least = min(
        (mean for values in search["strategies"].values() for mean, _ in values["curve"] if mean is not None), default=0
    )
    return max(max((error for error in ends if error), default=1e-3), least / 2)


def ranks(search: Summary, figure: Figure) -> None:
    """Critical-difference diagrams (Demšar, JMLR 2006), one for each number of evaluations at which searches were ranked.

    A bar joins searches whose average ranks do not differ at 5 % over all pairs by Nemenyi's test.
    """
    judged = ranked(search)
    panels = figure.subplots(len(judged), 1, squeeze=False)[:, 0]
    for axes, (count, average, width) in zip(panels, judged, strict=True):
        _diagram(axes, average, width)
        axes.set_title(f"after {count} blocks", loc="left")
    panels[-1].set_xlabel("average rank by regret, 1 = best in every repeat; ties share theirs")
    figure.suptitle(
        f"{search['proxy']}, pool of {search['pool']} blocks, n = {search['repeats']} repeats; "
        "joined: no difference at 5 % (Nemenyi)",
        fontsize=9,
    )


def ranked(search: Summary) -> list[tuple[str, dict[str, float], float]]:
    """The numbers of evaluations at which two searches or more were ranked over several repeats.

    With each the average ranks, by search, and the critical difference of two of them.
    """
    parts = [(count, part["ranks"], part["critical_difference"]) for count, part in search["ranks"].items()]
    return [(count, average, width) for count, average, width in parts if width is not None and len(average) > 1]


def cliques(places: Sequence[float], width: float) -> list[tuple[int, int]]:
    """The first and the last of every largest run of ascending `places` that spans no more than `width`, two or more each.

    >>> cliques([1.0, 1.5, 2.2, 4.0], 1.0)
    [(0, 1), (1, 2)]
    """
    found: list[tuple[int, int]] = []
    for first, low in enumerate(places):
        last = max(i for i, place in enumerate(places) if place - low <= width)
        if last > first and (not found or last > found[-1][1]):
            found.append((first, last))
    return found


def _diagram(axes: Axes, average: Mapping[str, float], width: float) -> None:
    """Names on both sides, each with a line up to its rank on the axis at the top."""
    names = sorted(average, key=lambda name: (average[name], name))
    places = [average[name] for name in names]
    half = (len(names) + 1) // 2
    low, high = 1.0, float(len(names))
    joined = cliques(places, width)
    top = 0.9 + 0.35 * len(joined)  # of the first name, below the bars
    for i, (name, place) in enumerate(zip(names, places, strict=True)):
        is_left = i < half
        depth = top + (i if is_left else len(names) - 1 - i) * 0.7
        end = low - 0.3 if is_left else high + 0.3
        axes.plot([place, place, end], [0, depth, depth], color="black", linewidth=0.8)
        axes.text(end, depth, f"{name} ({place:.2f}) " if is_left else f" ({place:.2f}) {name}", fontsize=7, va="center",
                  ha="right" if is_left else "left")  # fmt: skip
    for row, (first, last) in enumerate(joined):
        depth = 0.45 + 0.35 * row
        axes.plot([places[first] - 0.03, places[last] + 0.03], [depth, depth], color=COLOURS[0], linewidth=3)
    axes.errorbar(low + width / 2, _ABOVE, xerr=width / 2, color=COLOURS[1], capsize=3, linewidth=1)
    axes.text(low + width + 0.1, _ABOVE, f"critical difference {width:.2f}", fontsize=7, va="center")
    axes.set_xlim(low - _ASIDE, high + _ASIDE)
    axes.set_ylim(top + half * 0.7, _ABOVE - 0.6)
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.spines["top"].set(visible=True, position=("data", 0), bounds=(low, high))
    axes.xaxis.tick_top()
    axes.set_xticks(range(1, len(names) + 1))
