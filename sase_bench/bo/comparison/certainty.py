"""What the noise of the seeds leaves certain of a table's order: where its best blocks truly stand.

The table's best block is in part the luckiest one. Here its true place is that of `query "rank BLOCK by METRIC"`, by the same
draws of all blocks' true scores (`sase_bench.statistics.places`) where the pool is what the table has.
"""

from __future__ import annotations

from typing import TypedDict

import numpy as np

from sase_bench.benchmark import Measured
from sase_bench.bo.comparison.regret import Truth
from sase_bench.record import COLUMNS
from sase_bench.statistics.effects import separate
from sase_bench.statistics.places import draws_of_truth, interval_of_place

__all__ = ["Certainty", "certainty"]

_SHARES = (0.01, 0.001)


class Certainty(TypedDict):
    """How much of the table's order is true."""

    blocks: int  # with a score, among which the oracle's place is
    seed_sd: float  # of one run, in the unit of the metric, beside what its seed does to all blocks
    degrees: int  # of freedom that `seed_sd` rests on
    oracle_place: list[int]  # low and high, 95 % interval of the true place of the table's best block, 1 = best
    top_1_percent: float  # share of the best 1 % of the blocks that are ranked that is truly there among these; 0..1
    top_01_percent: float  # the same for the best 0.1 %


def certainty(table: Measured, truth: Truth) -> Certainty | None:
    """By all scores of the pool; None where too few blocks share two seeds for the noise to be known."""
    members, metric = truth.pool.members, truth.metric
    scores = table.scores(metric)[table.row[members]]
    scored = np.isfinite(scores).any(1)
    found = separate(scores[scored])
    if found.noise is None:
        return None
    ranked, sign = np.searchsorted(members[scored], truth.ranked), COLUMNS[metric].sign
    tops = [len(truth.top(share)) for share in _SHARES]
    shares = []
    for drawn in draws_of_truth(found, sign=sign):
        places = drawn[ranked].argsort().argsort()  # from 0, of the blocks in the table's order
        shares.append([(places[:top] < top).mean() for top in tops])
    top, tip = np.mean(shares, axis=0)
    place = interval_of_place(found, int(ranked[0]), sign=sign)
    return Certainty(
        blocks=len(scores[scored]),
        seed_sd=found.noise.sd,
        degrees=found.noise.degrees,
        oracle_place=list(place),
        top_1_percent=float(top),
        top_01_percent=float(tip),
    )
