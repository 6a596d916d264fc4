"""How the best block and SASE's stand beside published modules that were trained in the same place, in words.

Where an interval holds zero no difference is seen, which does not make two alike: the interval stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sase_bench.modules import PLAIN, is_rival
from sase_bench.query.modules import nearest
from sase_bench.report.claims.best import longer_than
from sase_bench.report.claims.claim import Claim
from sase_bench.report.claims.phrases import listed
from sase_bench.report.evidence import Measurement
from sase_bench.report.evidence.measurement import IN_WORDS
from sase_bench.report.questions import command
from sase_bench.space import SASE
from sase_bench.statistics.means import CONFIDENCE

__all__ = ["beside_modules"]

Records = Sequence[Mapping[str, Any]]


def beside_modules(
    found: Measurement, others: Sequence[Measurement], calibrations: Sequence[Mapping[str, Any]], option: str
) -> Claim:
    """How the best block and SASE's stand beside the published modules trained in the same place; and on other proxies.

    First the same block on every proxy where it was trained, then the best block of each of the others.
    """
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
        f"{first['seeds']} seeds{_apart(found.rival)}.{''.join(_same_block(found))}{_price(found)}"
    )
    sase = next((row for row in found.modules if row["module"] == SASE), None)
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
    longer = longer_than(found.proxy, calibrations)
    told = _told_elsewhere(found, longer)
    compared = {f"compare {row['module']} with {found.best['arch']} on {row['proxy']}": None for row in told if _is_ahead(row)}
    asked = "\n".join([asked, *(command(question, option) for question in compared)])
    return Claim(f"{_beside(found, first)}{_ahead_elsewhere(told, first['module'], longer)}", text, asked)


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
    stands = "is ahead of the best block" if rival["high"] < 0 else "is the best, and no difference from the best block is seen"
    share = None if first["params"] is None else 100 * first["params"] / found.best["params"]
    cost = "" if share is None else f", in a network with {share:.0f} % of its parameters"
    return f"Of the published modules trained in the same place, {name} {stands}{cost}."


def _told_elsewhere(found: Measurement, longer: str | None) -> Records:
    """The leads over the same block in longer training, or else on the first of the other proxies that have both."""
    proxies = [row["proxy"] for row in found.rivals_elsewhere]
    told = longer if longer in proxies else next(iter(proxies), None)
    return [row for row in found.rivals_elsewhere if row["proxy"] == told]


def _ahead_elsewhere(told: Records, first: str, longer: str | None) -> str:
    """How many modules are ahead of the same block there, a sentence that names one, the `first` if it is among them."""
    if not told:
        return ""
    where = "Trained for longer" if told[0]["proxy"] == longer else f"On {told[0]['proxy']}"
    said = []
    for metric, rows in _by_metric(told).items():
        ahead = [row for row in rows if _is_ahead(row)]
        shown = next((row for row in ahead if row["module"] == first), ahead[0] if ahead else None)
        among = "" if shown is None or len(ahead) < 2 else f" ({shown['module']} among them)"
        count = f"only {shown['module']}" if shown is not None and len(ahead) == 1 else f"{len(ahead) or 'none'} of {len(rows)}"
        said.append(f"{count} by {IN_WORDS[metric]}{among}")
    return f" {where}, modules are ahead of that block beyond the noise: {listed(said)}."


def _same_block(found: Measurement) -> Iterator[str]:
    """Which modules are ahead of the same block on each of the other proxies, by each score, a sentence each."""
    for proxy in dict.fromkeys(row["proxy"] for row in found.rivals_elsewhere):
        for metric, rows in _by_metric([row for row in found.rivals_elsewhere if row["proxy"] == proxy]).items():
            ahead = [f"{row['module']} by {_lead(row)}" for row in rows if _is_ahead(row)]
            behind = sum(row["lead"] < 0 and row["holm"] < 1 - CONFIDENCE for row in rows)
            yield (
                f" Beside the same block, {found.best['arch']}, on {proxy} by {IN_WORDS[metric]}, after Holm over "
                f"{len(rows)} modules: {listed(ahead) if ahead else 'none'} ahead, {behind} behind, of the other "
                f"{len(rows) - len(ahead) - behind} no difference is seen."
            )


def _by_metric(rows: Records) -> dict[str, Records]:
    """The largest lead first."""
    return {
        metric: sorted((row for row in rows if row["metric"] == metric), key=lambda row: (-row["lead"], row["module"]))
        for metric in dict.fromkeys(row["metric"] for row in rows)
    }


def _is_ahead(row: Mapping[str, Any]) -> bool:
    """Beyond the noise, all modules of that score allowed for."""
    return bool(row["lead"] > 0 and row["holm"] < 1 - CONFIDENCE)


def _lead(row: Mapping[str, Any]) -> str:
    """With its own interval: nats of a loss, points of an accuracy."""
    scale, digits, unit = (100, 2, "points") if row["metric"] == "val_top1" else (1, 4, "nats")
    lead, low, high = (f"{scale * row[name]:+.{digits}f}" for name in ("lead", "lead_low", "lead_high"))
    return f"{lead} {unit} (95 %: {low} to {high}, {row['seeds']} seeds)"


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
