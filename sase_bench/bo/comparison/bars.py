"""The project's own bars for a search with a predictor: what it has to reach on a table, judged on the repeats of a comparison.

A bar that speaks of something that was not run, or of which there are too few repeats to see the contrary, is not judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypedDict

from sase_bench.bo.comparison.runs import Comparison
from sase_bench.bo.comparison.standings import Standings
from sase_bench.statistics.paired_tests import repeats_needed

__all__ = ["SHARES", "Bar", "Share", "bars"]

_MUST_BEAT = ("random", "evolution", "tpe")
_CHOSEN_AT, _UNBEATEN_AT = 48, 96  # evaluations
_CERTAIN, _LEVEL = 0.01, 0.05  # p-values: of a win, of a loss


class Share(NamedTuple):
    """A block that is to be found."""

    top: float  # one of this best share of the blocks
    within: int  # evaluations
    least: float  # share of the repeats


SHARES = {"top 1 % within 50": Share(0.01, 50, 0.9), "top 0.1 % within 150": Share(0.001, 150, 0.5)}


class Bar(TypedDict):
    """A verdict."""

    met: bool | None  # None = not judged
    why: str | None  # it was not; None where it was


def bars(comparison: Comparison, ranks: Mapping[str, Standings]) -> dict[str, Bar]:
    """Every bar by name; `ranks` are those of a summary, by the number of evaluations."""
    chosen = ranks.get(str(_CHOSEN_AT))
    return {
        "beats random, evolution and tpe at 48, p < 0.01": _beats(chosen),
        "is beaten by no rival at 96": _unbeaten(ranks.get(str(_UNBEATEN_AT)), comparison.plan.repeats),
        **{name: _finds(comparison, chosen, share) for name, share in SHARES.items()},
    }


def _judged(met: bool) -> Bar:
    return Bar(met=met, why=None)


def _open(why: str) -> Bar:
    return Bar(met=None, why=why)


def _beats(ranks: Standings | None) -> Bar:
    p_values = ranks["p_beats"][ranks["best_guided"]] if ranks and ranks["best_guided"] else {}
    if not all(name in p_values for name in _MUST_BEAT):
        return _open(f"needs {_CHOSEN_AT} evaluations of a surrogate, random, evolution and tpe")
    return _judged(all(p_values[name] < _CERTAIN for name in _MUST_BEAT))


def _unbeaten(ranks: Standings | None, repeats: int) -> Bar:
    p_values = ranks["p_best_is_beaten_by"] if ranks else {}
    if not p_values:
        return _open(f"needs {_UNBEATEN_AT} evaluations of a surrogate and a rival")
    if any(p <= _LEVEL for p in p_values.values()):
        return _judged(False)
    needed = repeats_needed(len(p_values))
    return _judged(True) if repeats >= needed else _open(f"needs {needed} repeats")


def _finds(comparison: Comparison, ranks: Standings | None, share: Share) -> Bar:
    if ranks is None or ranks["best_guided"] is None or comparison.plan.evaluations < share.within:
        return _open(f"needs {share.within} evaluations of a surrogate")
    found = comparison.runs[ranks["best_guided"]].finds(comparison.truth.top(share.top), share.within)
    return _judged(found >= share.least)
