"""What published figures say to whoever needs a module for ImageNet now, and how much they can say.

Two modules are only compared within sources that trained both by one recipe: sources differ by more than modules do, and a
module that was reported by few sources is not the better for it. A source's gain is the mean of its rows of a module.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import fsum, sqrt

from sase_bench.latency.comparisons import Ratio
from sase_bench.report.comparison import Entry
from sase_bench.report.costs import BACKBONE
from sase_bench.report.published import BACKBONES
from sase_bench.statistics.means import spread

__all__ = ["advice", "by_source", "differences", "leader", "scatter"]

_SEVERAL = 2  # sources, from which a module is compared with another


def by_source(entry: Entry) -> dict[str, float]:
    """The module's gain over the plain network in each source that has one by one recipe, in percentage points."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for gain in entry.gains:
        if gain.is_one_recipe:
            found[gain.row.source].append(gain.top1)
    return {source: fsum(values) / len(values) for source, values in found.items()}


def differences(one: Mapping[str, float], other: Mapping[str, float]) -> list[float]:
    """By how much the first gains more than the other in each source that has both, in percentage points."""
    return [value - other[source] for source, value in one.items() if source in other]


def leader(entries: Sequence[Entry]) -> tuple[Entry, dict[str, list[float]]] | None:
    """The module that is ahead of every other one, on the mean of the sources that both share, and these differences.

    Of modules on ResNet-50 that two sources or more have; None where no one shares so many with each other, or leads them.
    """
    known = _several(entries)
    for entry in known:
        beside = {other.name: differences(by_source(entry), by_source(other)) for other in known if other is not entry}
        if beside and all(len(values) >= _SEVERAL and fsum(values) > 0 for values in beside.values()):
            return entry, beside
    return None


def scatter(entries: Sequence[Entry]) -> str | None:
    """By how much sources differ in the gain of one and the same module, a sentence; None where no module has two sources."""
    gains = [list(by_source(entry).values()) for entry in _several(entries)]
    if not gains:
        return None
    deviations = [value - fsum(values) / len(values) for values in gains for value in values]
    within = sqrt(fsum(value**2 for value in deviations) / (len(deviations) - len(gains)))  # pooled over the modules
    plain = {gain.row.source: gain.plain.top1 for entry in entries if entry.backbone == BACKBONE for gain in entry.gains}
    _, sd = spread(list(plain.values()))
    base = "" if sd is None else f", and the plain network itself with {sd:.1f} ({len(plain)} sources)"
    return (
        f"No source reports seeds. On {BACKBONE} the gain of one and the same module differs between sources with a "
        f"standard deviation of {within:.1f} points ({len(gains)} modules that have two sources or more, {len(deviations)} "
        f"gains)"
        f"{base}: "
        "that much of a difference between two sources says nothing of the modules."
    )


def advice(entries: Sequence[Entry]) -> list[str]:
    """What to take by published figures, and then what that costs; nothing where no two modules have two sources."""
    known = _several(entries)
    if len(known) < 2:
        return []
    first = (
        f"For a {BACKBONE} on ImageNet, go by published results. Of {len(known)} modules that two sources or more trained "
        "beside the plain network, by one recipe, "
    )
    found = leader(entries)
    if found is None:
        return [first + "none is ahead of each other one where both were trained."]
    entry, beside = found
    ahead = "; ".join(f"{_than(values)} {name}" for name, values in sorted(beside.items()))
    gains = "; ".join(_gains(other) for backbone in BACKBONES for other in _named(entries, backbone, entry.name))
    taken = entry.taken
    costs = [f"{entry.added.params / 1e6:.2f} million parameters more"]
    costs += [f"{_times(ratio)} the {what}" for ratio, what in _works(taken.forward, taken.training) if ratio is not None]
    other = "".join(_elsewhere(entries, entry, known, backbone) for backbone in BACKBONES if backbone != BACKBONE)
    return [
        f"{first}{entry.name} is ahead of each other one where both were trained: {ahead}. {other}".rstrip(),
        f"Over the plain network {entry.name} gains {gains}. It takes {_and(costs)}.",
    ]


def _several(entries: Sequence[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.backbone == BACKBONE and len(by_source(entry)) >= _SEVERAL]


def _named(entries: Sequence[Entry], backbone: str, name: str) -> list[Entry]:
    return [entry for entry in entries if (entry.backbone, entry.name) == (backbone, name)]


def _than(values: Sequence[float]) -> str:
    mean, ahead = fsum(values) / len(values), sum(value > 0 for value in values)
    spans = f"{min(values):+.2f} to {max(values):+.2f}"
    return f"{mean:+.2f} points of top-1 ({spans}, ahead in {ahead} of {len(values)} sources) against"


def _elsewhere(entries: Sequence[Entry], entry: Entry, others: Sequence[Entry], backbone: str) -> str:
    """The same module against the same others on another backbone."""
    there, said = _named(entries, backbone, entry.name), []
    for name in sorted(other.name for other in others if other.name != entry.name):
        beside = _named(entries, backbone, name)
        values = [value for one in there for other in beside for value in differences(by_source(one), by_source(other))]
        if values:
            said.append(f"{fsum(values) / len(values):+.2f} against {name} (n = {len(values)})")
    return f"On {backbone} it is {_and(said)}. " if said else ""


def _gains(entry: Entry) -> str:
    values = by_source(entry).values()
    if not values:
        return f"what no source gives on {entry.backbone}"
    low, high = min(values), max(values)
    span = f"{low:+.2f}" if low == high else f"{low:+.2f} to {high:+.2f}"
    return f"{span} points on {entry.backbone} (n = {len(values)} {'source' if len(values) == 1 else 'sources'})"


def _works(forward: Ratio | None, training: Ratio | None) -> list[tuple[Ratio | None, str]]:
    return [(forward, "forward time"), (training, "time of a training step")]


def _times(ratio: Ratio) -> str:
    return f"{ratio.median:.2f} ({ratio.low:.2f} to {ratio.high:.2f}, n = {ratio.rounds} rounds) times"


def _and(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
