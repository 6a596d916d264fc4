"""Which searches of a comparison are ahead of which, after so many evaluations: average ranks and paired tests."""

from __future__ import annotations

from typing import TypedDict

import numpy as np

from sase_bench.bo.comparison.runs import Comparison
from sase_bench.predictors import PREDICTORS
from sase_bench.statistics.paired_tests import average_ranks, beats_each

__all__ = ["Standings", "standings"]


class Standings(TypedDict):
    """As a summary holds them; names are those of strategies that ran all repeats."""

    ranks: dict[str, float]  # average over repeats, 1 = best in every one
    friedman_p: float | None  # that all are equal; None for fewer than three
    critical_difference: float | None  # of two average ranks at 5 % over all pairs (Nemenyi); None for one repeat
    best_guided: str | None  # the strategy with a predictor that has the least mean regret; None where there is none
    p_beats: dict[str, dict[str, float]]  # guided strategy → rival → p-value after Holm over all of these pairs
    p_best_is_beaten_by: dict[str, float]  # rival → p-value after Holm over the rivals


def standings(comparison: Comparison, count: int) -> Standings:
    """Average ranks; each predictor-guided strategy against each rival; and the rivals against the best guided one.

    The best one is chosen by its mean regret on these same repeats. Its wins are therefore corrected for all guided strategies
    and all rivals. For its losses that choice is on its side, so they are corrected for the rivals alone.
    """
    regrets, names = _at(comparison, count), list(comparison.runs)
    ranks = average_ranks(regrets)
    guided = [name for name in names if name.partition(":")[0] in PREDICTORS]
    rivals = [name for name in names if name not in guided]
    ours, theirs = (regrets[:, [names.index(name) for name in group]] for group in (guided, rivals))
    best = int(ours.mean(0).argmin()) if guided else None
    losses = [] if best is None else beats_each(theirs, ours[:, [best]])[:, 0].tolist()
    return {
        "ranks": dict(zip(names, ranks.ranks.tolist(), strict=True)),
        "friedman_p": ranks.p_value if np.isfinite(ranks.p_value) else None,
        "critical_difference": ranks.critical_difference if np.isfinite(ranks.critical_difference) else None,
        "best_guided": None if best is None else guided[best],
        "p_beats": {
            name: dict(zip(rivals, row, strict=True))
            for name, row in zip(guided, beats_each(ours, theirs).tolist(), strict=True)
        },
        "p_best_is_beaten_by": dict(zip(rivals, losses, strict=False)),
    }


def _at(comparison: Comparison, count: int) -> np.ndarray:
    """Regrets (r, k) after `count` evaluations; a search without a score yet is as bad as the pool's worst block."""
    columns = np.column_stack([runs.regrets[:, count - 1] for runs in comparison.runs.values()])
    return np.where(np.isfinite(columns), columns, comparison.truth.worst)
