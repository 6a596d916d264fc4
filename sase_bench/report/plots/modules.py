"""Drawings of published modules beside blocks: what was published of them, and what they gain where blocks were trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import TYPE_CHECKING, Any

from sase_bench.modules import MODULES, PLAIN, is_rival
from sase_bench.report.drawing import COLOURS, MARKERS
from sase_bench.report.evidence import Measurement
from sase_bench.report.evidence.transfer import Transfer
from sase_bench.report.naming import named
from sase_bench.report.networks import Entry
from sase_bench.report.networks.published import BACKBONES
from sase_bench.report.plots.marks import explain
from sase_bench.space import SASE, SASE_BLOCK

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["gains", "modules", "price", "shown_on", "transfer"]

#: What attention costs in a whole network, by the label of an axis; None where it was not timed.
_PRICES: Mapping[str, Callable[[Entry], float | None]] = {
    "added parameters (millions)": lambda entry: entry.added.params / 1e6,
    "forward time (× plain)": lambda entry: None if entry.taken.forward is None else entry.taken.forward.median,
}
_TICKS = (0, 0.001, 0.01, 0.1, 1, 10)  # millions of parameters: modules that add none stand beside those that add most
_NAMED = ("se", "eca", "cbam")  # that everybody looks for

#: How a published figure came about, each with its own mark.
_KINDS = ("own-paper", "reproduction", "third-party")


def modules(entries: Sequence[Entry], figure: Figure) -> None:
    """Every published gain of every module, a row each, a panel for each backbone; filled marks are gains of one recipe.

    Rows are in order of the median gain of one recipe. Blocks stand below with what they cost: no gain of theirs was published.
    """
    panels = figure.subplots(1, len(BACKBONES), sharex=True, squeeze=False)[0]
    for axes, backbone in zip(panels, BACKBONES, strict=True):
        rows = sorted(shown_on(entries, backbone), key=_typical)
        for place, entry in enumerate(rows):
            for gain in entry.gains:
                kind = _KINDS.index(gain.row.kind) if gain.row.kind in _KINDS else len(_KINDS) - 1
                face = COLOURS[kind] if gain.is_one_recipe else "none"
                axes.scatter(
                    [gain.top1], [place], s=16, marker=MARKERS[kind], facecolors=face, edgecolors=COLOURS[kind], zorder=2
                )
            if not entry.gains:
                axes.text(0.02, place, "none", fontsize=6.5, va="center", color="0.4")
        labels = [f"{_called(entry)} (+{_short(entry.added.params)})" for entry in rows]
        axes.set_yticks(range(len(rows)), labels, fontsize=6.5)
        axes.set_ylim(-0.7, len(rows) - 0.3)
        axes.axvline(0, color="black", linewidth=0.8)
        axes.set_xlabel("gain in top-1 (percentage points)")
        count = sum(len(entry.gains) for entry in rows)
        axes.set_title(f"{backbone}, n = {count} of {sum(bool(entry.gains) for entry in rows)} modules", loc="right")
    figure.suptitle("published ImageNet top-1 above plain, same source; in brackets the parameters added", fontsize=9)
    for place, name in enumerate(_KINDS):
        panels[-1].scatter([], [], marker=MARKERS[place], color=COLOURS[place], label=name)
    panels[-1].scatter([], [], marker="o", facecolors="none", edgecolors="0.3", label="hollow: mixed recipes or copied")
    explain(figure)


def price(measurement: Measurement, entries: Sequence[Entry], figure: Figure) -> None:
    """The gain on the proxy of the best block, SASE's and all modules, against what each adds to ResNet-50 and ResNet-101."""
    gained = {row["module"]: row for row in measurement.modules if row["gain"] is not None}
    best, first = measurement.best_gain, [row["module"] for row in measurement.modules if is_rival(row["module"])][:2]
    panels = figure.subplots(len(BACKBONES), len(_PRICES), sharey=True, squeeze=False)
    for axes, backbone in zip(panels, BACKBONES, strict=True):
        there = [entry for entry in entries if entry.backbone == backbone]
        points = [(entry, gained[entry.name]) for entry in there if entry.name in gained]
        points += [(entry, best) for entry in there if best is not None and entry.arch == best["arch"] != SASE_BLOCK.index]
        for panel, (label, cost) in zip(axes, _PRICES.items(), strict=True):
            known = [(x, entry, gain) for entry, gain in points if (x := cost(entry)) is not None]
            for x, entry, gain in known:
                kind = 0 if entry.arch is None else 1
                if gain["gain_low"] is not None:
                    panel.plot([x, x], [gain["gain_low"], gain["gain_high"]], color=COLOURS[kind], linewidth=0.8, alpha=0.5)
                panel.plot([x], [gain["gain"]], MARKERS[kind], color=COLOURS[kind], markersize=4)
                if entry.arch is not None or entry.name in (*_NAMED, *first):
                    panel.annotate(_called(entry), (x, gain["gain"]), **_label(entry), textcoords="offset points", fontsize=6.5)
            panel.axhline(0, color="black", linewidth=0.8)
            panel.set_title(f"{backbone}, n = {len(known)}", fontsize=8)
            panel.set_xlabel(label, fontsize=8)
            if label.startswith("added"):
                panel.set_xscale("symlog", linthresh=_TICKS[1])
                panel.set_xticks(_TICKS, [f"{tick:g}" for tick in _TICKS])
                panel.set_xlim(-_TICKS[1] / 2, 10 * _TICKS[-1])
            else:
                panel.margins(x=0.2)
        axes[0].set_ylabel(f"gain in {measurement.name}\nover plain (nats)", fontsize=8)
    figure.suptitle(f"gain on {measurement.proxy}, not on ImageNet, with 95 % intervals", fontsize=9)


def _label(entry: Entry) -> dict[str, Any]:
    """Blocks are named to the right of their marks and modules to the left, so that names seldom meet."""
    return {"xytext": (4, 3), "ha": "left"} if entry.arch is not None else {"xytext": (-4, 3), "ha": "right"}


def _called(entry: Entry) -> str:
    return "SASE's block" if entry.name == SASE else entry.label


def shown_on(entries: Sequence[Entry], backbone: str) -> list[Entry]:
    """Those with a published gain on the backbone, and the blocks."""
    return [
        entry
        for entry in entries
        if entry.backbone == backbone and entry.name != PLAIN and (entry.gains or entry.name not in MODULES)
    ]


def _short(count: int) -> str:
    """A number of parameters with three digits.

    >>> _short(2_530_000), _short(45_312), _short(86)
    ('2.53 M', '45.3 k', '86')
    """
    size = next(((unit, size) for unit, size in (("M", 1e6), ("k", 1e3)) if count >= size), None)
    return str(count) if size is None else f"{count / size[1]:.3g} {size[0]}"


def _typical(entry: Entry) -> tuple[int, float]:
    """Modules with a gain of one recipe after those with another, and these after those with none."""
    of_one_recipe = [gain.top1 for gain in entry.gains if gain.is_one_recipe]
    found = of_one_recipe or [gain.top1 for gain in entry.gains]
    return len(of_one_recipe[:1]) + len(found[:1]), median(found) if found else 0.0


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
        axes.set_yticks(range(len(rows)), [f"{gain.name} (n={gain.seeds})" for gain in rows], fontsize=7)
        axes.axvline(0, color="black", linewidth=0.8)
        axes.set_ylim(-0.7, len(rows) - 0.3)
        axes.set_title(f"{found.proxy}: {found.task.training}")
    panels[-1].set_xlabel(
        "validation top-1 above plain (percentage points)\nmean over n seeds, and 95 % interval of each by itself"
    )
