"""What a report says of how far scores can be trusted: again with other seeds, for longer, and on another data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sase_bench.recipes.registry import metric_of
from sase_bench.report.claims.claim import Claim
from sase_bench.report.evidence import IN_WORDS, Measurement
from sase_bench.report.evidence.alike import ranked_alike
from sase_bench.report.questions import command

__all__ = ["elsewhere_alike", "trust"]


#: What is said of a correlation whose interval begins above this.
_ALIKE = ((0.8, "nearly alike"), (0.5, "much alike"), (0.0, "somewhat alike"))


def trust(found: Measurement, others: Sequence[Measurement], calibrations: Sequence[Mapping[str, Any]], option: str) -> Claim:
    """Whether blocks rank alike with other seeds, and in longer training, which is among `others`."""
    proxy = found.proxy
    asked = f"python -m sase_bench.calibrate --measured --proxy {proxy}{option}"
    row = next((row for row in calibrations if (row["proxy"], row["metric"]) == (proxy, metric_of(proxy))), None)
    if row is None or row["reliability"] is None or row["reliability_low"] is None:
        return Claim("How far these scores can be trusted is not known.", f"Too few blocks on {proxy} have two seeds.", asked)
    low, high = row["reliability_low"], row["reliability_high"]
    verdict = (
        "that is above zero, yet it leaves neighbours in the ranking undecided"
        if low > 0
        else "that holds zero: the best block may be the luckiest one"
    )
    text = (
        f"Reliability of {row['metric']} on {proxy}: {row['reliability']:.2f}, 95 % interval {low:.2f} to {high:.2f} "
        f"({row['blocks']} blocks, {row['seeds']} seeds; 1 = other seeds would give the same ranking); {verdict}."
    )
    seeds, longer = _alike(low), _alike(row["validity_low"])
    headline = f"Trained again with other seeds, blocks rank {seeds or 'perhaps not alike at all'}; " + (
        f"trained for longer, those drawn at random rank {longer}."
        if longer
        else "whether longer training ranks them so is not known."
    )
    modules, questions = _beside(found, row["reference"], others, option)
    return Claim(headline, f"{text}{_validity(row)}{modules}", "\n".join([asked, *questions]))


def _beside(found: Measurement, proxy: str, others: Sequence[Measurement], option: str) -> tuple[str, list[str]]:
    """What modules say of that task, if it is among `others`, and the commands that give it."""
    other = next((one for one in others if one.proxy == proxy), None)
    said = None if other is None else _of_modules(found, other)
    if other is None or said is None:
        return "", []
    return said, [command(f"modules by {one.metric.name} on {one.proxy}", option) for one in (found, other)]


def _of_modules(found: Measurement, other: Measurement) -> str | None:
    """Whether modules that nobody chose by these scores rank alike on another task; None for too few."""
    here, there = ({row["module"]: row[one.column] for row in one.modules} for one in (found, other))
    common = [name for name in here if name in there]
    ranked = ranked_alike([(here[name], there[name]) for name in common])
    if ranked is None:
        return None
    return (
        f" Published modules, SASE's block and the plain network, {ranked.pairs} that no search chose, rank on {other.proxy} "
        f"as on {found.proxy} with a correlation of {ranked.correlation:.2f} (95 % interval {ranked.low:.2f} to "
        f"{ranked.high:.2f}), which has the noise of both in it."
    )


def elsewhere_alike(
    row: Mapping[str, Any],
    agreements: Sequence[Mapping[str, Any]],
    found: Measurement,
    measured: Sequence[Measurement],
    option: str,
) -> Claim:
    """Whether a proxy of another data set orders blocks as the one does that the report is about, its reference here.

    `found` is what was measured on that one, and `measured` on the others. `agreements` are those of all proxies, among which
    the same one is judged by others, too.
    """
    proxy, reference = row["proxy"], row["reference"]
    name, alike = IN_WORDS[metric_of(proxy)], _alike(row["validity_low"])
    headline = (
        f"On another data set, {row['dataset']}, blocks drawn at random rank {alike} by {name}."
        if alike
        else f"Whether blocks rank alike on another data set, {row['dataset']}, by {name} is not known."
    )
    others = [other for other in agreements if other["proxy"] == proxy and other["reference"] != reference]
    text = (
        f"Correlation of {metric_of(proxy)} on {proxy} with {metric_of(reference)} on {reference}, by ranks, once the noise of "
        f"both is taken out: {_correlated(row)}."
    )
    text += "".join(f" With {metric_of(other['reference'])} on {other['reference']}: {_correlated(other)}." for other in others)
    asked = [
        f"python -m sase_bench.calibrate --measured --proxy {proxy} --reference {judge}{option}"
        for judge in dict.fromkeys([reference, *(other["reference"] for other in others)])
    ]
    modules, questions = _beside(found, proxy, measured, option)
    return Claim(headline, text + modules, "\n".join([*asked, *questions]))


def _correlated(row: Mapping[str, Any]) -> str:
    said = "not defined" if row["validity"] is None else f"{row['validity']:.2f}{_within(row)}"
    return f"{said} ({row['reference_blocks']} blocks; {_shared(row)})"


def _alike(low: float | None) -> str | None:
    """How alike two rankings are, by the lower end of their correlation; None where it does not show that they are."""
    return None if low is None else next((how for least, how in _ALIKE if low > least), None)


def _validity(row: Mapping[str, Any]) -> str:
    if row["validity"] is None:
        return " Whether longer training would rank blocks alike is not known."
    return (
        " Validity, of blocks drawn at random: its ranking correlates with that of longer training from scratch "
        f"({row['reference']}, {_shared(row)}) by "
        f"{row['validity']:.2f}{_within(row)}, once the noise of both is taken out ({row['reference_blocks']} blocks)."
    )


def _shared(row: Mapping[str, Any]) -> str:
    shared = len(row["shared_seeds"])
    return f"{shared} of {row['seeds']} seeds the same, whose luck may pass for agreement" if shared else "other seeds"


def _within(row: Mapping[str, Any]) -> str:
    """The interval of a validity, as what follows it."""
    if row["validity_low"] is None:
        return f", without an interval: not defined in {100 * row['validity_undefined']:.1f} % of bootstrap draws"
    beyond = ", an estimate that may exceed 1" if row["validity_high"] > 1 else ""
    return f", 95 % interval {row['validity_low']:.2f} to {row['validity_high']:.2f}{beyond}"
