"""The project's own bars for a search with a predictor: what it has to reach on a table, judged on the repeats of a comparison.

A bar that speaks of something that was not run, or of which there are too few repeats to see the contrary, is not judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sase_bench.bo.comparison import Comparison
from sase_bench.statistics.ranking import repeats_needed

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


class Bar(NamedTuple):
    """A verdict."""

    met: bool | None  # None = not judged
    why: str | None = None  # it was not


def bars(comparison: Comparison, ranks: Mapping[str, Mapping[str, Any]]) -> dict[str, Bar]:
    """Every bar by name; `ranks` are those of a summary, by the number of evaluations."""
    return {
        "beats random, evolution and tpe at 48, p < 0.01": _beats(ranks.get(str(_CHOSEN_AT), {})),
        "is beaten by no rival at 96": _unbeaten(ranks.get(str(_UNBEATEN_AT), {}), comparison.plan.repeats),
        **{name: _finds(comparison, ranks.get(str(_CHOSEN_AT), {}), share) for name, share in SHARES.items()},
    }


def _beats(ranks: Mapping[str, Any]) -> Bar:
    p_values = ranks["p_beats"][ranks["best_guided"]] if ranks.get("best_guided") else {}
    if not all(name in p_values for name in _MUST_BEAT):
        return Bar(None, f"needs {_CHOSEN_AT} evaluations of a surrogate, random, evolution and tpe")
    return Bar(all(p_values[name] < _CERTAIN for name in _MUST_BEAT))


def _unbeaten(ranks: Mapping[str, Any], repeats: int) -> Bar:
    p_values = ranks.get("p_best_is_beaten_by")
    if not p_values:
        return Bar(None, f"needs {_UNBEATEN_AT} evaluations of a surrogate and a rival")
    if any(p <= _LEVEL for p in p_values.values()):
        return Bar(False)
    needed = repeats_needed(len(p_values))
    return Bar(True) if repeats >= needed else Bar(None, f"needs {needed} repeats")


def _finds(comparison: Comparison, ranks: Mapping[str, Any], share: Share) -> Bar:
    if not ranks.get("best_guided") or comparison.plan.evaluations < share.within:
        return Bar(None, f"needs {share.within} evaluations of a surrogate")
    found = comparison.runs[ranks["best_guided"]].finds(comparison.truth.top(share.top), share.within)
    return Bar(found >= share.least)
