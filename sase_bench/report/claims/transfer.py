"""What attention gains in ordinary networks, in words."""

from __future__ import annotations

from collections.abc import Sequence

from sase_bench.modules import PLAIN
from sase_bench.report.claims.claim import Claim
from sase_bench.report.claims.phrases import listed
from sase_bench.report.evidence import Measurement
from sase_bench.report.evidence.transfer import TRANSFERS, Gain, Transfer, alike, commands
from sase_bench.statistics.means import TAILS

__all__ = ["in_ordinary_networks"]


def in_ordinary_networks(transfers: Sequence[Transfer], beside: Measurement) -> Claim:
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
    return f"{gain.name} in {found.proxy}"
