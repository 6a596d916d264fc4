"""What a report says in words: each claim beside the command that gives its numbers, and no more than the numbers allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sase_bench.modules import PLAIN
from sase_bench.query.modules import nearest
from sase_bench.report.advice import advice
from sase_bench.report.comparison import Entry
from sase_bench.report.evidence import Evidence, Measurement
from sase_bench.space import SASE_BLOCK

__all__ = ["Claim", "claims", "most_trusted"]


class Claim(NamedTuple):
    """A sentence, and what prints its numbers."""

    text: str
    command: str


def most_trusted(evidence: Evidence) -> Measurement | None:
    """The proxy whose lower end of the reliability of `val_loss` is highest, with more blocks where none is known."""
    lows = {row["proxy"]: row["reliability_low"] for row in evidence.calibrations if row["metric"] == "val_loss"}

    def trust(found: Measurement) -> tuple[float, int]:
        low = lows.get(found.proxy)
        return (float("-inf") if low is None else low, len(found.blocks))

    return max(evidence.measurements, key=trust, default=None)


def claims(evidence: Evidence, entries: Sequence[Entry]) -> Iterator[Claim]:
    """The claims of the first screen; `entries` are the modules side by side."""
    for advised in advice(entries):
        yield Claim(advised, "python -m sase_bench.report")
    found = most_trusted(evidence)
    if found is None:
        yield Claim("No run in this table has a score, so nothing is said of any block.", "python -m sase_bench.query summary")
        return
    best, proxy = found.best, found.proxy
    yield Claim(
        f"The best of {len(found.blocks)} measured blocks on {proxy} is block {best['arch']} ({best['text']}), validation loss "
        f"{best['val_loss']:.4f} nats over {best['seeds']} seeds, in a network of {best['params']:,} parameters and "
        f"{best['flops']:,} FLOPs. It has no ImageNet number: nothing here says that it beats a published module there. "
        f"The task: {found.task}.",
        f'python -m sase_bench.query "top 1 by loss on {proxy}"',
    )
    yield _trust(proxy, evidence.calibrations)
    yield _place(found)
    if found.modules:
        yield _modules(found)
    stated = sorted({row.backbone for entry in entries if entry.name == "sase" for row in entry.rows})
    said = f"stands in the table below for {' and '.join(stated)}" if stated else "is in none of the published tables used here"
    yield Claim(f"An ImageNet result of SASE's own block {said}.", "python -m sase_bench.report")


def _trust(proxy: str, calibrations: Sequence[Mapping[str, Any]]) -> Claim:
    command = f"python -m sase_bench.calibrate --measured --proxy {proxy}"
    row = next((row for row in calibrations if (row["proxy"], row["metric"]) == (proxy, "val_loss")), None)
    if row is None or row["reliability"] is None or row["reliability_low"] is None:
        return Claim(f"How far scores on {proxy} can be trusted is not known: too few blocks with two seeds.", command)
    low, high = row["reliability_low"], row["reliability_high"]
    verdict = (
        "that is above zero, yet it leaves neighbours in the ranking undecided"
        if low > 0
        else "that holds zero: the best block may be the luckiest one"
    )
    text = (
        f"Reliability of the loss on {proxy}: {row['reliability']:.2f}, 95 % interval {low:.2f} to {high:.2f} "
        f"({row['blocks']} blocks, {row['seeds']} seeds; 1 = other seeds would give the same ranking); {verdict}."
    )
    return Claim(text + _validity(row), command)


def _validity(row: Mapping[str, Any]) -> str:
    if row["validity"] is None:
        return " Whether longer training would rank blocks alike is not known."
    shared = len(row["shared_seeds"])
    seeds = "other seeds" if not shared else f"{shared} of {row['seeds']} seeds the same, whose luck may pass for agreement"
    if row["validity_low"] is None:
        interval = f"without an interval: not defined in {100 * row['validity_undefined']:.1f} % of bootstrap draws"
    else:
        interval = f"95 % interval {row['validity_low']:.2f} to {row['validity_high']:.2f}"
    return (
        f" Validity: its ranking correlates with that of longer training from scratch ({row['reference']}, {seeds}) by "
        f"{row['validity']:.2f}, {interval}, once the noise of both is taken out ({row['reference_blocks']} blocks)."
    )


def _modules(found: Measurement) -> Claim:
    """How the best block and SASE's stand beside the published modules that were trained in the same place."""
    command = f'python -m sase_bench.query "modules by loss on {found.proxy}"'
    ranked = [row for row in found.modules if row["module"] not in (PLAIN, "sase")]
    if not ranked:
        return Claim(f"Only the plain trunk was trained beside the blocks on {found.proxy}.", command)
    first = ranked[0]
    ahead = [row for row in ranked if row["val_loss"] < found.best["val_loss"]]
    text = (
        f"Of {len(ranked)} published modules trained in the same place on {found.proxy}, {_have(ahead)} a smaller mean loss "
        f"than the best measured block; the best of them is {first['module']}, {first['val_loss']:.4f} nats over "
        f"{first['seeds']} seeds{_apart(found.rival)}.{_price(found)}"
    )
    sase = next((row for row in found.modules if row["module"] == "sase"), None)
    if sase is not None:
        leads = [row for row in ranked if row["lead"] is not None]
        ahead, sure = ([row for row in leads if row[end] > 0] for end in ("lead", "lead_low"))
        text += (
            f" Beside the block that SASE published ({sase['val_loss']:.4f}) {_have(ahead)} a smaller loss, {len(sure)} beyond "
            "the noise of the seeds (95 % interval of each by itself)."
        )
        if sase["gain"] is not None:
            text += (
                f" That block's gain over the plain trunk is {sase['gain']:+.4f} nats, 95 % interval "
                f"{sase['gain_low']:+.4f} to {sase['gain_high']:+.4f}."
            )
    return Claim(text, command)


def _apart(rival: Mapping[str, Any] | None) -> str:
    """How far the best module is from the best block, over the seeds that both have."""
    if rival is None or rival["low"] is None:
        return ""
    return (
        f" (less the block's: {rival['difference']:+.4f}, 95 % interval {rival['low']:+.4f} to {rival['high']:+.4f}, "
        f"{rival['pairs']} seeds)"
    )


def _price(found: Measurement) -> str:
    """What the best block costs in the trunk, beside the module whose loss is next to its own, and beside the plain trunk."""
    best, level = found.best, nearest(found.modules, found.best["val_loss"])
    plain = next((row for row in found.modules if row["module"] == PLAIN), None)
    if level is None or level["params"] is None:
        return ""
    text = (
        f" Next to the best block in loss is {level['module']} ({level['val_loss']:.4f}): {level['params']:,} parameters and "
        f"{level['flops']:,} FLOPs in the same trunk. The block takes {best['params'] / level['params']:.1f} times its "
        f"parameters and {best['flops'] / level['flops']:.1f} times its FLOPs"
    )
    return text + (f" (the plain trunk: {plain['params']:,} and {plain['flops']:,})." if plain else ".")


def _have(rows: Sequence[object]) -> str:
    return f"{len(rows)} {'has' if len(rows) == 1 else 'have'}"


def _place(found: Measurement) -> Claim:
    command = f'python -m sase_bench.query "rank {SASE_BLOCK.index} by loss on {found.proxy}"'
    place = found.published
    if place is None:
        return Claim(f"The block that SASE published ({SASE_BLOCK}) was not measured on {found.proxy}.", command)
    low, high = place["place_low"], place["place_high"]
    noise = (
        "" if low is None else f" by its mean; its true place, the noise of the seeds allowed for, is {low} to {high} (95 %)"
    )
    return Claim(
        f"The block that SASE published is in place {place['place']} of {place['of']} on {found.proxy}{noise}.", command
    )
