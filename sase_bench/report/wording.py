"""What a report says in words: each claim beside the command that gives its numbers, and no more than the numbers allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sase_bench.modules import PLAIN, is_rival
from sase_bench.query.modules import nearest
from sase_bench.report.advice import BOUGHT, advice
from sase_bench.report.best import best_block, costs, published_block
from sase_bench.report.claim import Claim, Table
from sase_bench.report.comparison import Entry
from sase_bench.report.evidence import Evidence, Measurement
from sase_bench.report.phrases import listed
from sase_bench.report.questions import command
from sase_bench.report.searches import claim as claim_of_searches
from sase_bench.report.transfer import TRANSFERS, Gain, Transfer, alike, commands
from sase_bench.report.trust import elsewhere_alike, most_trusted, trust
from sase_bench.statistics.means import TAILS

__all__ = ["claims"]


def claims(evidence: Evidence, entries: Sequence[Entry]) -> Iterator[Claim]:
    """The claims of the first screen; `entries` are the modules side by side."""
    advised = advice(entries)
    if advised is not None:
        yield Claim(advised.headline, advised.text, "python -m sase_bench.report", Table(BOUGHT, advised.rows))
    found = most_trusted(evidence)
    if found is None:
        yield Claim("Nothing is said of any block.", "No run in this table has a score.", command("summary", evidence.option))
        return
    yield best_block(found, evidence.calibrations, evidence.option)
    yield from costs(found, entries)
    yield published_block(found, evidence.option)
    yield trust(found.proxy, evidence.calibrations, evidence.option)
    for row in evidence.agreements:
        if found.proxy == row["reference"]:
            yield elsewhere_alike(row, evidence.agreements, evidence.option)
    if found.modules:
        yield _modules(found, [other for other in evidence.measurements if other is not found], evidence.option)
    if evidence.transfers:
        yield _transfer(evidence.transfers, found)
    searched = claim_of_searches(evidence.searches, evidence.largest)
    if searched is not None:
        yield searched
    yield _sase_on_imagenet(entries)


def _transfer(transfers: Sequence[Transfer], beside: Measurement) -> Claim:
    """Whether attention is seen to gain anything in ordinary networks, what luck does, and how much could hide in the noise."""
    gains = [(found, gain) for found in transfers for gain in found.gains]
    known = [(found, gain) for found, gain in gains if gain.top1_low is not None]
    ahead = [_in(found, gain) for found, gain in known if gain.is_above_zero]
    behind = [_in(found, gain) for found, gain in known if gain.is_below_zero]
    sides = [f"above zero: {', '.join(ahead)}"] * bool(ahead) + [f"below: {', '.join(behind)}"] * bool(behind)
    networks = "a small network" if len(transfers) == 1 else f"{len(transfers)} small networks"
    lucky = (TAILS[0] + 1 - TAILS[1]) * len(known)
    said = (
        f"{len(ahead) + len(behind)} of {len(known)} differences in accuracy are beyond the noise, {lucky:.2g} would be so by "
        f"luck; {'; '.join(sides)}"
        if sides
        else "no attention changes accuracy beyond the noise of the seeds"
    )
    within = [gain.top1_high for _, gain in known if gain.top1_high is not None and not gain.is_above_zero]
    hidden = f" Among the others a gain of up to {max(within):.1f} points is within an interval." if within else ""
    return Claim(
        f"In {networks} of 3×3 convolutions, trained briefly, {said}{_seen_to_gain(beside.best['arch'], known)}.",
        f"{_of_block(beside.best['arch'], gains)}{TRANSFERS} "
        f"Trained: {'; '.join(f'{found.proxy}, {found.task}' for found in transfers)}.{hidden}"
        f"{''.join(_alike_in(found, beside) for found in transfers)}",
        commands(transfers, str(beside.best["arch"])),
    )


def _seen_to_gain(arch: int, known: Sequence[tuple[Transfer, Gain]]) -> str:
    mine = [(found, gain) for found, gain in known if gain.attention == str(arch)]
    ahead = [found.proxy for found, gain in mine if gain.is_above_zero]
    return f"; the best block of the small task gains in {listed(ahead) if ahead else 'none'}" if mine else ""


def _of_block(arch: int, gains: Sequence[tuple[Transfer, Gain]]) -> str:
    """What the block does that scored best on the proxy, in accuracy and in loss; nothing if it was not trained there."""
    mine = [(found, gain) for found, gain in gains if gain.attention == str(arch)]
    if not mine:
        return ""
    said = [
        f"in {found.proxy} {gain.top1:+.2f} points{_between(gain.top1_low, gain.top1_high, 2)} of accuracy and "
        f"{gain.loss:+.4f} nats{_between(gain.loss_low, gain.loss_high, 4)} of loss"
        for found, gain in mine
    ]
    return f"Block {arch}, the best of the small task, gains {listed(said)}, where larger is better. "


def _between(low: float | None, high: float | None, digits: int) -> str:
    return "" if low is None or high is None else f" (95 %: {low:+.{digits}f} to {high:+.{digits}f})"


def _alike_in(found: Transfer, beside: Measurement) -> str:
    """Whether attention ranks in a network as in the proxy that the report is about."""
    scores = beside.scores
    ranked = alike(found, scores)
    if ranked is None:
        return ""
    among = ", the plain network among them," if PLAIN in scores else ""
    return (
        f" The {ranked.pairs} trained in {found.proxy}{among} rank by loss there as on {beside.proxy} with a correlation of "
        f"{ranked.correlation:.2f} (95 % interval {ranked.low:.2f} to {ranked.high:.2f})."
    )


def _in(found: Transfer, gain: Gain) -> str:
    return f"{gain.text.partition(' (')[0]} in {found.proxy}"


def _sase_on_imagenet(entries: Sequence[Entry]) -> Claim:
    stated = sorted({row.backbone for entry in entries if entry.name == "sase" for row in entry.rows})
    said = f"stands in the table below for {' and '.join(stated)}" if stated else "is in none of the published tables used here"
    text = "Published figures and scores of this project are different things, and never share a column or an axis."
    return Claim(f"An ImageNet result of SASE's own block {said}.", text, "python -m sase_bench.report")


def _modules(found: Measurement, others: Sequence[Measurement], option: str) -> Claim:
    """How the best block and SASE's stand beside the published modules trained in the same place; and on other proxies."""
    asked = command(f"modules by {found.metric.name} on {found.proxy}", option)
    ranked = [row for row in found.modules if is_rival(row["module"])]
    if not ranked:
        return Claim(
            "No published module was trained beside the blocks.", f"Only the plain trunk was, on {found.proxy}.", asked
        )
    first = ranked[0]
    column = found.column
    ahead = [row for row in ranked if not row["blocks_ahead"]]
    text = (
        f"Of {len(ranked)} published modules trained in the same place on {found.proxy}, {_have(ahead)} a smaller mean "
        f"{found.name} than the best measured block; the best of them is {first['module']}, {first[column]:.4f} nats over "
        f"{first['seeds']} seeds{_apart(found.rival)}.{_price(found)}"
    )
    sase = next((row for row in found.modules if row["module"] == "sase"), None)
    if sase is not None:
        leads = [row for row in ranked if row["lead"] is not None]
        ahead, sure = ([row for row in leads if row[end] > 0] for end in ("lead", "lead_low"))
        text += (
            f" Beside the block that SASE published ({sase[column]:.4f}) {_have(ahead)} a smaller one, {len(sure)} beyond "
            "the noise of the seeds (95 % interval of each by itself)."
        )
        if sase["gain"] is not None:
            text += (
                f" That block's gain over the plain trunk is {sase['gain']:+.4f} nats, 95 % interval "
                f"{sase['gain_low']:+.4f} to {sase['gain_high']:+.4f}."
            )
    text += "".join(_elsewhere(other) for other in others)
    return Claim(_beside(found, first), text, asked)


def _elsewhere(found: Measurement) -> str:
    ranked = [row for row in found.modules if is_rival(row["module"])]
    if not ranked:
        return ""
    best, first = found.best, ranked[0]
    return (
        f" On {found.proxy} the best of {len(found.blocks)} blocks by {found.name} is {best['arch']} "
        f"({best[found.column]:.4f}) and the best module {first['module']}, {first[found.column]:.4f} nats over "
        f"{first['seeds']} seeds{_apart(found.rival)}."
    )


def _beside(found: Measurement, first: Mapping[str, Any]) -> str:
    """How the best module stands beside the best block, as far as their shared seeds can tell."""
    rival, name = found.rival, first["module"]
    if rival is None or rival["low"] is None:
        return f"Of the published modules trained in the same place, {name} is the best."
    if rival["low"] > 0:
        return f"The best block is ahead of {name}, the best of the published modules trained in the same place."
    stands = "is ahead of the best block" if rival["high"] < 0 else "does as well as the best block within the noise"
    share = None if first["params"] is None else 100 * first["params"] / found.best["params"]
    cost = "" if share is None else f", in a network with {share:.0f} % of its parameters"
    return f"Of the published modules trained in the same place, {name} {stands}{cost}."


def _apart(rival: Mapping[str, Any] | None) -> str:
    """How far the best module is from the best block, over the seeds that both have."""
    if rival is None or rival["low"] is None:
        return ""
    return (
        f" (less the block's: {rival['difference']:+.4f}, 95 % interval {rival['low']:+.4f} to {rival['high']:+.4f}, "
        f"{rival['pairs']} seeds)"
    )


def _price(found: Measurement) -> str:
    """What the best block costs in the trunk, beside the module whose score is next to its own, and beside the plain trunk."""
    best, level = found.best, nearest(found.modules, found.best[found.column], found.column)
    plain = next((row for row in found.modules if row["module"] == PLAIN), None)
    if level is None or level["params"] is None:
        return ""
    text = (
        f" Next to the best block in {found.name} is {level['module']} ({level[found.column]:.4f}): "
        f"{level['params']:,} parameters and {level['flops']:,} FLOPs in the same trunk. The block takes "
        f"{best['params'] / level['params']:.1f} times its parameters and {best['flops'] / level['flops']:.1f} times its FLOPs"
    )
    return text + (f" (the plain trunk: {plain['params']:,} and {plain['flops']:,})." if plain else ".")


def _have(rows: Sequence[object]) -> str:
    return f"{len(rows)} {'has' if len(rows) == 1 else 'have'}"
