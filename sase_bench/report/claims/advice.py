"""What published figures say to whoever needs a module for ImageNet now, and how much they can say.

Two modules are only compared within sources that trained both by one recipe: sources differ by more than modules do, and a
module that was reported by few sources is not the better for it. A source's gain is the mean of its rows of a module. One is
called ahead of another if the interval of their mean difference over sources lies above zero, with two sources or more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum, sqrt

from sase_bench.report.claims.phrases import listed, verb
from sase_bench.report.networks import Entry
from sase_bench.report.networks.costs import BACKBONE
from sase_bench.report.networks.published import BACKBONES
from sase_bench.report.networks.times import interval
from sase_bench.statistics.means import half_width, spread

__all__ = ["BOUGHT", "Advice", "Margin", "advice", "by_source", "differences", "leader", "margin", "scatter"]

_SEVERAL = 2  # sources, from which a module is compared with another
_LEAST_SCATTER = 0.01  # points: figures are published to a hundredth, so sources that agree more closely are not more exact


@dataclass(frozen=True)
class Margin:
    """A mean over sources and its interval, in percentage points; no interval for one source."""

    mean: float
    low: float | None
    high: float | None
    sources: int

    @property
    def is_above_zero(self) -> bool:
        """Whether the whole interval is."""
        return self.low is not None and self.low > 0


#: The columns of `Advice.rows`.
BOUGHT = (
    "module",
    *(f"gain on {backbone}: points of top-1 (95 % interval, n sources)" for backbone in BACKBONES),
    "added parameters",
    "forward time, × plain",
    "training step, × plain",
)


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What published figures say in a sentence, what it rests on, and what each module gains and costs."""

    headline: str
    text: str
    rows: tuple[tuple[str, ...], ...]


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


def margin(values: Sequence[float]) -> Margin:
    """The mean of what sources say, with the 95 % interval by Student's t over them, who are taken as drawn at random."""
    mean, sd = spread(values)
    assert mean is not None
    half = half_width(None if sd is None else max(sd, _LEAST_SCATTER), len(values))
    return Margin(mean, None, None, len(values)) if half is None else Margin(mean, mean - half, mean + half, len(values))


def leader(entries: Sequence[Entry]) -> tuple[Entry, dict[str, Margin]] | None:
    """The module with the largest mean: over that of every other one, in the sources that both share; and by how much.

    Of modules on ResNet-50 that two sources or more have; None where no one shares so many with each other, or leads them. It
    is chosen by the figures that it is then judged by, so it is ahead of the others only if every margin is.
    """
    known = _several(entries)
    for entry in known:
        values = {other.name: differences(by_source(entry), by_source(other)) for other in known if other is not entry}
        if values and all(len(found) >= _SEVERAL and fsum(found) > 0 for found in values.values()):
            return entry, {name: margin(found) for name, found in values.items()}
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


def advice(entries: Sequence[Entry]) -> Advice | None:
    """What to take by published figures; None where no two modules have two sources."""
    known = sorted(_several(entries), key=lambda entry: (-_gain(entry).mean, entry.name))
    if len(known) < 2:
        return None
    found = leader(entries)
    ahead = found is not None and all(over.is_above_zero for over in found[1].values())
    names = ", ".join(sorted(entry.name for entry in known))
    said = [
        f"Of {len(known)} modules that two sources or more trained beside the plain network by one recipe ({names}), "
        f"{found[0].name if found and ahead else 'none'} is ahead of each other one beyond the scatter of sources."
    ]
    if found is not None:
        said += [f"{found[0].name} has the largest mean where both were trained: {_over(found[1])}."]
        said += [_elsewhere(entries, found[0], known)]
    said += [_leaning(known)]
    said.append(
        "The table has gains in points of top-1 over the plain network, with 95 % intervals by t over n sources, and times as "
        f"multiples of the plain {BACKBONE}'s, with the least and the most of their rounds; under what they were taken stands "
        "below the table of all modules. Sources publish what gained something: who found nothing is missing."
    )
    rows = tuple(_bought(entries, entry) for entry in known)
    headline = f"For a {BACKBONE} on ImageNet, published results {_favoured(found[0].name if found and ahead else None, known)}"
    return Advice(headline=headline, text=" ".join(sentence for sentence in said if sentence), rows=rows)


def _favoured(name: str | None, known: Sequence[Entry]) -> str:
    """The end of a sentence: the module to take, or those whose gain over the plain network is above zero by its interval."""
    if name is not None:
        return f"favour {name}."
    sure, leaning = _better(known)
    if not sure and not leaning:
        return "single out no module, nor one that is better than none: train before you choose."
    said = f"{listed(sure or leaning)} {verb(sure or leaning)} better than none"
    if leaning:
        said += f", and {listed(leaning)} less surely" if sure else " by all sources together"
    return f"single out no module; {said}: choose by cost."


def _better(known: Sequence[Entry]) -> tuple[list[str], list[str]]:
    """Modules whose gain over the plain network is above zero by its interval: whichever source is left out, and the others."""
    above = [entry for entry in known if _gain(entry).is_above_zero]
    sure = [entry.name for entry in above if _is_robust(list(by_source(entry).values()))]
    return sure, [entry.name for entry in above if entry.name not in sure]


def _is_robust(values: Sequence[float]) -> bool:
    return all(margin([*values[:place], *values[place + 1 :]]).is_above_zero for place in range(len(values)))


def _leaning(known: Sequence[Entry]) -> str:
    """What the gains that are above zero rest on, a sentence."""
    sure, leaning = _better(known)
    said = [f"Whichever source is left out, {listed(sure)} {verb(sure)} better than none."] if sure else []
    said += [f"The gain of {listed(leaning)} is above zero by its interval only with all sources."] if leaning else []
    return " ".join(said)


def _several(entries: Sequence[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.backbone == BACKBONE and len(by_source(entry)) >= _SEVERAL]


def _named(entries: Sequence[Entry], backbone: str, name: str) -> list[Entry]:
    return [entry for entry in entries if (entry.backbone, entry.name) == (backbone, name)]


def _interval(found: Margin) -> str:
    """A margin's interval, as far as it has one, and its n."""
    between = "" if found.low is None or found.high is None else f"{found.low:+.2f} to {found.high:+.2f}, "
    return f"{between}n = {found.sources}"


def _over(beside: Mapping[str, Margin]) -> str:
    said = [f"{over.mean:+.2f} over {name} ({_interval(over)})" for name, over in sorted(beside.items())]
    return f"{listed(said)}, in points of top-1 with 95 % intervals by t over the n sources that trained both"


def _elsewhere(entries: Sequence[Entry], entry: Entry, others: Sequence[Entry]) -> str:
    """The same module against the same others on other backbones."""
    sentences = []
    for backbone in BACKBONES:
        there, said = _named(entries, backbone, entry.name), []
        for name in sorted(other.name for other in others if other.name != entry.name and backbone != BACKBONE):
            beside = _named(entries, backbone, name)
            values = [value for one in there for other in beside for value in differences(by_source(one), by_source(other))]
            if values:
                said.append(f"{margin(values).mean:+.2f} over {name} ({_interval(margin(values))})")
        if said:
            sentences.append(f"On {backbone} it is {listed(said)}.")
    return " ".join(sentences)


def _gain(entry: Entry) -> Margin:
    return margin(list(by_source(entry).values()))


def _bought(entries: Sequence[Entry], entry: Entry) -> tuple[str, ...]:
    """What a module gains over the plain network, and for what; a row under `BOUGHT`."""
    gained = []
    for backbone in BACKBONES:
        values = [value for other in _named(entries, backbone, entry.name) for value in by_source(other).values()]
        gained.append(f"{margin(values).mean:+.2f} ({_interval(margin(values))})" if values else "-")
    times = [interval(ratio) if ratio else "-" for ratio in (entry.taken.forward, entry.taken.training)]
    return (entry.name, *gained, f"+{entry.added.params / 1e6:.2f} million", *times)
