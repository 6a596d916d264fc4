"""What another operation in one slot does to a block, in words, where all of its neighbours were measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sase_bench.report.claims.claim import Claim
from sase_bench.report.claims.phrases import listed
from sase_bench.report.evidence import Measurement
from sase_bench.report.naming import titled
from sase_bench.report.questions import command
from sase_bench.statistics.means import CONFIDENCE, TAILS

__all__ = ["around_blocks"]


def around_blocks(found: Measurement, option: str) -> Claim:
    """Of each block on the proxy with all of its neighbours: how many are surely better or worse, and the best.

    Sure is what allows for the luck of the block, which may have been chosen for its score. Intervals do not, they are of two
    blocks by themselves.
    """
    counted = [f"{titled(arch)} in {_sure(rows) or 'none'} of {len(rows)} ways" for arch, rows in _of(found)]
    told = [
        f"Of the neighbours of {titled(arch)} {_worse(rows)} worse{_likely(rows)}{_best(rows[0])}." for arch, rows in _of(found)
    ]
    most = max(len(rows) for _, rows in _of(found))
    return Claim(
        f"On {found.proxy}, another operation in one slot surely betters {listed(counted)}.",
        f"On {found.proxy} by {found.name}. Surely: with 95 % probability by draws of the true scores, which allow for the "
        f"luck of a block that was chosen for its score. Worse: by 95 % intervals, which do not; {most * TAILS[0]:.1g} of "
        f"{most} would be so by luck. {' '.join(told)} A block that no neighbour betters is the best of its surroundings, not "
        "of the space.",
        "\n".join(command(f"neighbours {arch} by {found.metric.name} on {found.proxy}", option) for arch, _ in _of(found)),
    )


def _of(found: Measurement) -> Iterable[tuple[int, Sequence[Mapping[str, Any]]]]:
    return found.neighbours.items()


def _beyond(rows: Sequence[Mapping[str, Any]], end: str, sign: int) -> int:
    """How many have this end of their interval on the side of the sign."""
    return sum(row[end] is not None and sign * row[end] > 0 for row in rows)


def _sure(rows: Sequence[Mapping[str, Any]]) -> int:
    return sum(row["p_better"] is not None and row["p_better"] >= CONFIDENCE for row in rows)


def _likely(rows: Sequence[Mapping[str, Any]]) -> str:
    """How many are surely worse, and how many better on average, whichever they are."""
    known = [row["p_better"] for row in rows if row["p_better"] is not None]
    surely = sum(1 - p >= CONFIDENCE for p in known)
    return f", {surely} surely, and {sum(known):.1f} are better on average" if known else ""


def _worse(rows: Sequence[Mapping[str, Any]]) -> str:
    count = _beyond(rows, "gain_high", -1)
    return f"{count or 'none'} {'are' if count > 1 else 'is'}"


def _best(row: Mapping[str, Any]) -> str:
    if row["gain"] is None:
        return ""
    within = "" if row["gain_low"] is None else f" (95 %: {row['gain_low']:+.3f} to {row['gain_high']:+.3f})"
    return f"; the best has {row['operation']} as {row['slot']}, {row['gain']:+.3f} nats{within}"
