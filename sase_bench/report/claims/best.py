"""The best block and the published one in words: scores, places and costs, each beside the commands that give the numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sase_bench.modules import PLAIN
from sase_bench.record import SCORES
from sase_bench.report.claims.claim import Claim
from sase_bench.report.claims.phrases import listed
from sase_bench.report.evidence import Measurement
from sase_bench.report.networks import Entry
from sase_bench.report.networks.costs import BACKBONE, TRUNK_OF
from sase_bench.report.networks.times import HOW
from sase_bench.report.questions import command
from sase_bench.space import SASE_BLOCK
from sase_bench.trunk import NetworkCost

__all__ = ["best_block", "costs", "longer_than", "published_block"]

#: Modules that everybody has at hand.
_WELL_KNOWN = ("se", "eca", "cbam")


def longer_than(proxy: str, calibrations: Sequence[Mapping[str, Any]]) -> str | None:
    """The longer training that a proxy was judged by."""
    return next((row["reference"] for row in calibrations if row["proxy"] == proxy and row["reference"]), None)


def best_block(found: Measurement, calibrations: Sequence[Mapping[str, Any]], option: str) -> Claim:
    """How well the best block scores, what that is over the plain network, and where it stands on other tasks."""
    best, proxy = found.best, found.proxy
    longer = longer_than(proxy, calibrations)
    places = {record["metric"]: record for record in found.elsewhere if record["proxy"] == longer}
    after = (
        ""
        if len(places) < len(SCORES)
        else f" Trained for longer, it is in place {places['val_loss']['place']} of {places['val_loss']['of']} by loss and "
        f"{places['val_top1']['place']} by accuracy."
    )
    there = "".join(_placed(record) for record in found.elsewhere)
    gain = found.best_gain
    over = (
        ""
        if gain is None or gain["gain_low"] is None
        else f", a gain of {gain['gain']:+.4f} over the network without a block (95 % interval {gain['gain_low']:+.4f} to "
        f"{gain['gain_high']:+.4f}, {gain['seeds']} seeds)"
    )
    return Claim(
        f"Of {len(found.blocks)} blocks trained on a small task, block {best['arch']} scores best, untried on ImageNet.{after}",
        f"It is {best['text']}. {found.name.capitalize()} on {proxy}: {best[found.column]:.4f} nats over {best['seeds']} "
        f"seeds{over}, in a network of {best['params']:,} parameters and {best['flops']:,} FLOPs.{_by_rare_seeds(found)} It "
        f"has no ImageNet number: nothing here says that it beats a published module there.{there} The task: {found.task}.",
        "\n".join(command(question, option) for question in _asked_of(found)),
    )


def _by_rare_seeds(found: Measurement) -> str:
    """What the gain is by seeds that had little say in the choice, a sentence; nothing where there are too few."""
    rare = found.rare_gain
    if rare is None:
        return ""
    seeds = listed([str(seed) for seed in rare["seeds"]])
    return (
        f" It is the best by these seeds, so part of the gain may be their luck: over seeds {seeds}, which most blocks lack, "
        f"it is {rare['gain']:+.4f} (95 % interval {rare['low']:+.4f} to {rare['high']:+.4f}, from these differences alone)."
    )


def _asked_of(found: Measurement) -> Iterator[str]:
    """What gives the numbers of the best block."""
    arch = found.best["arch"]
    yield f"top 1 by {found.metric.name} on {found.proxy}"
    if found.best_gain is not None:
        yield f"compare {PLAIN} with {arch} on {found.proxy}"
    for record in found.elsewhere:
        yield f"rank {arch} by {record['metric']} on {record['proxy']}"


def costs(found: Measurement, entries: Sequence[Entry]) -> Iterator[Claim]:
    """What the best block costs in a ResNet-50 and a ResNet-101, beside well-known modules; nothing where none was counted."""
    arch = found.best["arch"]
    added = {entry.backbone: entry.added for entry in entries if entry.arch == arch}
    plain = {entry.backbone: entry.cost for entry in entries if entry.name == PLAIN}
    if not added:
        return
    took = found.best["resnet50_time"]
    time = "" if took is None else f" and takes {took:.2f} times as long forward ({found.best['resnet50_time_is']})"
    known = [entry for entry in entries if entry.backbone == BACKBONE and entry.name in _WELL_KNOWN]
    beside = [
        f"{entry.name} adds {_added(entry.added)}"
        + (f" and takes {entry.taken.forward.median:.2f} times as long" if entry.taken.forward else "")
        for entry in known
    ]
    shares = [
        f"to {backbone} {_added(count)}, {100 * count.params / plain[backbone].params:.0f} % more parameters and "
        f"{100 * count.flops / plain[backbone].flops:.1f} % more FLOPs"
        for backbone, count in added.items()
    ]
    trunks = " ".join(TRUNK_OF[backbone].name for backbone in plain)
    yield Claim(
        f"In every bottleneck of a {BACKBONE} that block adds {_added(added[BACKBONE])}{time}.",
        f"Counted at 224×224 by one counter, FLOPs as multiply-accumulates: block {arch} adds {'; '.join(shares)}. In the same "
        f"{BACKBONE} {'; '.join(beside)}. Times are of a forward pass on a processor beside the plain network of the same "
        "round; the table of modules has them all, and training steps.",
        f"python -m sase_bench.cost {arch} {' '.join(_WELL_KNOWN)} --trunk {trunks}\n"
        f"{HOW} --attention {arch}\npython -m sase_bench.report",
    )


def _added(cost: NetworkCost) -> str:
    size = f"{cost.params / 1e6:.2f} million" if cost.params >= 1e5 else f"{cost.params:,}"
    return f"{size} parameters and {cost.flops / 1e9:.2g} GFLOPs"


def _placed(record: Mapping[str, Any]) -> str:
    low, high = record["place_low"], record["place_high"]
    within = "" if low is None else f" (95 %: {low} to {high})"
    return f" On {record['proxy']} it is in place {record['place']} of {record['of']} by {record['metric']}{within}."


def published_block(found: Measurement, option: str) -> Claim:
    """Where the block that SASE published stands among those measured."""
    asked = command(f"rank {SASE_BLOCK.index} by {found.metric.name} on {found.proxy}", option)
    place = found.published
    if place is None:
        return Claim("The block that SASE published was not measured.", f"{SASE_BLOCK} has no score on {found.proxy}.", asked)
    low, high = place["place_low"], place["place_high"]
    within = " (1 = best)" if low is None else f" (1 = best; 95 %: {low} to {high})"
    noise = "" if low is None else " The interval is of its true place, the noise of the seeds allowed for."
    return Claim(
        f"On that task the block that SASE published is in place {place['place']} of {place['of']}{within}.",
        f"That is by its mean on {found.proxy}, freed of what its seeds do to all blocks alike; blocks that a search or a "
        f"person chose are among them.{noise}",
        asked,
    )
