"""Modules side by side: what each adds to ResNet-50 and ResNet-101, and what it is published to gain there.

Two kinds of evidence meet in this file and are never put into one column: published top-1 on ImageNet, and validation scores
on a proxy. A block of the space has only the second kind until someone trains it on ImageNet and adds a line to `imagenet.csv`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sase_bench.latency.comparisons import Ratio
from sase_bench.modules import MODULES, PLAIN, Module
from sase_bench.report.networks.costs import cost_of
from sase_bench.report.networks.published import BACKBONES, PublishedGain, Row, gains, module_of
from sase_bench.report.networks.times import Taken, Times, interval
from sase_bench.space import SASE, SASE_BLOCK, Architecture
from sase_bench.trunk import NetworkCost

__all__ = ["HEADERS", "NOT_AVAILABLE", "NOT_TIMED", "STATED", "Entry", "cells", "compare", "missing", "stated"]

NOT_AVAILABLE = "not available"
NOT_TIMED = "not timed"

#: Of the table that `cells` fills.
HEADERS = (
    "backbone",
    "module",
    "year",
    "params (M)",
    "added params (M)",
    "GFLOPs",
    "added GFLOPs",
    "forward time (× plain)",
    "training step (× plain)",
    "kept for backward (× plain)",
    "published gain, one recipe (points of ImageNet top-1)",
    "sources",
    "published gain, mixed or copied",
    "published top-1 (kind)",
)

#: Of the table that `stated` fills.
STATED = (
    "backbone",
    "module",
    "method in the source",
    "top-1 (%)",
    "top-5 (%)",
    "gain over plain (points)",
    "one recipe",
    "kind",
    "recipe",
    "source",
)

#: Initials of how a number came about, as the tables show them.
_KINDS = {"own-paper": "own", "reproduction": "rep", "third-party": "3rd"}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A module (or a block of the space) on one backbone."""

    backbone: str
    name: str
    year: int | None
    cost: NetworkCost
    added: NetworkCost  # over the plain network
    taken: Taken
    gains: tuple[PublishedGain, ...]
    rows: tuple[Row, ...]
    arch: int | None = None  # of a block of the space
    best_on: str = ""  # the proxies where that block is the best

    @property
    def label(self) -> str:
        """The name for a reader."""
        return "plain" if self.name == PLAIN else self.name

    @property
    def title(self) -> str:
        """The name, and what the block is best on."""
        return f"{self.name}, best on {self.best_on}" if self.best_on else self.name

    def range_of(self, *, one_recipe: bool) -> tuple[float, float] | None:
        """The smallest and the largest gain over sources, in percentage points; None where no source gives one."""
        found = [gain.top1 for gain in self.gains if gain.is_one_recipe is one_recipe]
        return (min(found), max(found)) if found else None

    def sources(self) -> list[str]:
        """The sources whose gains are of one recipe, each once."""
        return list(dict.fromkeys(gain.row.source for gain in self.gains if gain.is_one_recipe))


def compare(
    rows: Sequence[Row],
    best_on: Mapping[int, str] | None = None,
    times: Times | None = None,
) -> list[Entry]:
    """The plain network, every module in order of years, SASE's block and then those of `best_on`, for both backbones.

    `best_on` says of each block, by its number, the proxies where it is the best.
    """
    found, everything, times = gains(rows), [], times or Times()
    best = {f"block {arch}": (Architecture(arch), proxies) for arch, proxies in (best_on or {}).items()}
    inside = {SASE: (SASE_BLOCK, ""), **best}
    for backbone in BACKBONES:
        plain = cost_of(backbone, Module(PLAIN))
        everything.append(_entry(backbone, PLAIN, None, plain, plain, Taken(), rows, ()))
        known: list[tuple[str, int | None, NetworkCost]] = [
            (name, MODULES[name].year, cost_of(backbone, Module(name))) for name in sorted(MODULES, key=_by_year)
        ]
        known += [(name, 2024 if name == SASE else None, cost_of(backbone, arch)) for name, (arch, _) in inside.items()]
        for module in known:
            block, proxies = inside.get(module[0], (None, ""))
            entry = _entry(backbone, *module, plain, times.of(backbone, str(block or module[0])), rows, found)
            everything.append(entry if block is None else replace(entry, arch=block.index, best_on=proxies))
    return everything


def cells(entry: Entry) -> tuple[str, ...]:
    """A line of the table, under `HEADERS`; what is missing says so."""
    cost, added = entry.cost, entry.added
    costs = [f"{cost.params / 1e6:.3f}", f"{added.params / 1e6:+.4f}"]
    costs += [f"{cost.flops / 1e9:.4f}", f"{added.flops / 1e9:+.4f}"]
    costs += [_ratio(entry.taken.forward), _ratio(entry.taken.training)]
    costs.append(NOT_TIMED if entry.taken.kept is None else f"{entry.taken.kept:.2f}")
    absolute = "; ".join(f"{row.top1:.2f} ({_KINDS.get(row.kind, row.kind)})" for row in entry.rows)
    if entry.name == PLAIN:
        return (
            entry.backbone,
            "plain",
            "2016",
            *costs[:4],
            *["1 by definition"] * 3,
            "0 by definition",
            "",
            "",
            "differs between sources",
        )
    one, mixed = (_span(entry.range_of(one_recipe=flag)) for flag in (True, False))
    year = "" if entry.year is None else str(entry.year)
    return (entry.backbone, entry.title, year, *costs, one, str(len(entry.sources())), mixed, absolute or NOT_AVAILABLE)


def stated(entry: Entry) -> list[tuple[str, ...]]:
    """Every published figure of a module, a line each, under `STATED`."""
    gained = {id(gain.row): gain for gain in entry.gains}
    lines: list[tuple[str, ...]] = []
    for row in entry.rows:
        gain, top5 = gained.get(id(row)), NOT_AVAILABLE if row.top5 is None else f"{row.top5:.2f}"
        above = (NOT_AVAILABLE, "") if gain is None else (f"{gain.top1:+.2f}", "yes" if gain.is_one_recipe else "no")
        lines.append(
            (entry.backbone, entry.title, row.method, f"{row.top1:.2f}", top5, *above, row.kind, row.protocol, row.source)
        )
    return lines


def missing(entries: Sequence[Entry]) -> list[str]:
    """What the table lacks, a sentence each."""
    unpublished = sorted({entry.label for entry in entries if not entry.rows and entry.name != PLAIN})
    return [f"No ImageNet figure in the tables on one of the backbones, or on both: {', '.join(unpublished)}."]


def _by_year(name: str) -> tuple[int, str]:
    return MODULES[name].year, name


def _entry(
    backbone: str,
    name: str,
    year: int | None,
    cost: NetworkCost,
    plain: NetworkCost,
    taken: Taken,
    rows: Sequence[Row],
    found: Sequence[PublishedGain],
) -> Entry:
    added = NetworkCost(cost.params - plain.params, cost.flops - plain.flops)
    mine = tuple(gain for gain in found if gain.module == name and gain.row.backbone == backbone)
    own = tuple(row for row in rows if row.backbone == backbone and module_of(row) == name)
    return Entry(backbone=backbone, name=name, year=year, cost=cost, added=added, taken=taken, gains=mine, rows=own)


def _ratio(ratio: Ratio | None) -> str:
    return NOT_TIMED if ratio is None else interval(ratio)


def _span(span: tuple[float, float] | None) -> str:
    if span is None:
        return NOT_AVAILABLE
    low, high = (f"{value:+.2f}" for value in span)
    return low if low == high else f"{low} to {high}"
