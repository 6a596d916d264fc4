"""What attention gains in ordinary networks, in words: first what is left once all comparisons are allowed for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sase_bench.modules import PLAIN
from sase_bench.report.claims.claim import Claim
from sase_bench.report.claims.phrases import listed
from sase_bench.report.evidence import Measurement
from sase_bench.report.evidence.transfer import TRANSFERS, Gain, Transfer, alike, commands
from sase_bench.statistics.means import CONFIDENCE, TAILS
from sase_bench.statistics.paired_tests import holm

__all__ = ["caption", "in_ordinary_networks"]

Pairs = Sequence[tuple[Transfer, Gain]]


def in_ordinary_networks(transfers: Sequence[Transfer], beside: Measurement) -> Claim:
    """Whether attention is seen to gain anything in ordinary networks, what luck does, and how much could hide in the noise."""
    gains, known = _pairs(transfers), _known(transfers)
    networks = "a small network" if len(transfers) == 1 else f"{len(transfers)} small networks"
    within = [gain.top1_high for _, gain in known if gain.top1_high is not None and not gain.is_above_zero]
    among = "Among the others a" if any(gain.is_above_zero for _, gain in known) else "A"
    hidden = f" {among} gain of up to {max(within):.1f} points is within an interval." if within else ""
    seen = _seen_to_gain(beside.best["arch"], known)
    return Claim(
        f"In {networks} of 3×3 convolutions, trained briefly, {_verdict(transfers)}{seen}.",
        f"{_of_block(beside.best['arch'], gains)}{_by_themselves(known)}{_in_loss(known)}{TRANSFERS} "
        f"Trained: {'; '.join(f'{found.proxy}, {found.task}' for found in transfers)}.{hidden}"
        f"{''.join(_alike_in(found, beside) for found in transfers)}",
        commands(transfers, str(beside.best["arch"])),
    )


def caption(transfers: Sequence[Transfer]) -> str:
    """What stands above the table of `transferred`: the verdict, then what its columns are."""
    said = _verdict(transfers)
    return f"{said[0].upper()}{said[1:]}. {TRANSFERS}"


def _verdict(transfers: Sequence[Transfer]) -> str:
    """How many differences in accuracy are beyond the noise after Holm, which, and how many were before; no full stop."""
    known = _known(transfers)
    if not known:
        return "no difference in accuracy has an interval"
    sides = _sides([(gain.is_above_zero, gain.is_below_zero, _in(found, gain)) for found, gain in known])
    told = sum(gain.is_above_zero or gain.is_below_zero for _, gain in known)
    alone = sum(gain.is_apart_by_itself for _, gain in known)
    lucky = (TAILS[0] + 1 - TAILS[1]) * len(known)
    return (
        f"{told or 'none'} of {len(known)} differences in accuracy {'are' if told > 1 else 'is'} beyond the noise after Holm's "
        f"correction for all of them{f' ({sides})' if sides else ''}; {alone or 'none'} {'are' if alone > 1 else 'is'} by "
        f"{'intervals of their own' if alone > 1 else 'an interval of its own'}, {lucky:.2g} would be by luck"
    )


def _pairs(transfers: Iterable[Transfer]) -> Pairs:
    return [(found, gain) for found in transfers for gain in found.gains]


def _known(transfers: Iterable[Transfer]) -> Pairs:
    """Those whose noise is known."""
    return [(found, gain) for found, gain in _pairs(transfers) if gain.top1_p is not None]


def _sides(told: Iterable[tuple[bool, bool, str]]) -> str:
    """Names by the side of zero that they are on: whether above, whether below, and the name."""
    found = list(told)
    above, below = ([name for *side, name in found if side[place]] for place in (0, 1))
    said = [f"above zero: {', '.join(above)}"] * bool(above) + [f"below: {', '.join(below)}"] * bool(below)
    return "; ".join(said)


def _by_themselves(known: Pairs) -> str:
    """The differences in accuracy whose own interval leaves zero out, and what the correction makes of each; or nothing."""
    sides = _sides(
        (gain.top1 > 0, gain.top1 < 0, f"{_in(found, gain)} (p {gain.top1_p:.2g}, after Holm {gain.top1_holm:.2g})")
        for found, gain in known
        if gain.is_apart_by_itself
    )
    return f"By an interval of its own, in accuracy: {sides}. " if sides else ""


def _in_loss(known: Pairs) -> str:
    """The same in loss after the correction, and how many of both scores are left where both are corrected together."""
    told = [(found, gain) for found, gain in known if gain.is_apart_in_loss]
    if not told:
        return "In loss none is beyond the noise after Holm. "
    sides = _sides(
        (gain.loss > 0, gain.loss < 0, f"{_in(found, gain)} (after Holm {gain.loss_holm:.2g})") for found, gain in told
    )
    both = holm([p for _, gain in known for p in (gain.top1_p, gain.loss_p) if p is not None])
    left = sum(p < 1 - CONFIDENCE for p in both)
    return (
        f"In loss {len(told)} of {len(known)} {'are' if len(told) > 1 else 'is'} beyond the noise after Holm over the losses "
        f"({sides}), and {left or 'none'} of the {len(both)} differences in either score after Holm over both. "
    )


def _seen_to_gain(arch: int, known: Pairs) -> str:
    mine = [(found, gain) for found, gain in known if gain.attention == str(arch)]
    ahead = [found.proxy for found, gain in mine if gain.is_above_zero]
    return f"; the best block of the small task is seen to gain in {listed(ahead) if ahead else 'none'}" if mine else ""


def _of_block(arch: int, gains: Pairs) -> str:
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
