"""How the best block and SASE's stand beside published modules that were trained in the same place, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sase_bench.modules import PLAIN, is_rival
from sase_bench.query.modules import nearest
from sase_bench.report.claims.claim import Claim
from sase_bench.report.evidence import Measurement
from sase_bench.report.questions import command
from sase_bench.space import SASE

__all__ = ["beside_modules"]


def beside_modules(found: Measurement, others: Sequence[Measurement], option: str) -> Claim:
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
