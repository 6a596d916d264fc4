"""What the noise of the seeds leaves to be found: the interval of the oracle's own place.

The table's best block is in part the luckiest one. With the reliability ρ of the means over seeds (`sase_bench.calibrate`)
and their variance V, the true score of a block with mean y is normal around ȳ + ρ·(y − ȳ) with variance V·ρ·(1 − ρ): the
empirical Bayes posterior of the crossed model. Drawing all blocks from it tells where the table's best blocks truly stand.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sase_bench.benchmark import Measured
from sase_bench.benchmark.arrays import direction
from sase_bench.search import Pool
from sase_bench.statistics.panels import complete
from sase_bench.statistics.reliability import LEAST_BLOCKS, reliability

__all__ = ["Ceiling", "ceiling"]

_DRAWS = 2000
_LEAST = 1e-9  # reliability 0 leaves every order equally likely, and needs a spread to draw from


class Ceiling(NamedTuple):
    """How much of the table's order is true."""

    reliability: float  # of the means over seeds; 1 = no noise
    blocks: int  # with each of these seeds, on which all of this rests
    seeds: int
    oracle_place: list[float]  # low and high, 95 % interval of the true place of the table's best block, 1 = best
    top_1_percent: float  # share of the table's best 1 % that is truly there
    top_01_percent: float  # the same for the best 0.1 %


def ceiling(table: Measured, pool: Pool, metric: str, seed: int = 0) -> Ceiling | None:
    """By the seeds that tell most of the pool's noise; None where fewer than three blocks share two seeds."""
    scores = complete(table.scores(metric)[table.row[pool.members]])
    blocks, seeds = scores.shape
    if blocks < LEAST_BLOCKS or seeds < 2:
        return None
    means = direction(metric) * (scores - scores.mean(0)).mean(1)
    rho = float(np.clip(np.nan_to_num(reliability(scores)), _LEAST, 1 - _LEAST))
    expected, sd = rho * means, np.sqrt(means.var(ddof=1) * rho * (1 - rho))
    generator = np.random.default_rng(seed)
    order = np.argsort(means)
    places, shares = [], []
    tops = [max(1, int(share * blocks)) for share in (0.01, 0.001)]
    for _ in range(_DRAWS):
        drawn = expected + generator.normal(0, sd, blocks)
        place = np.empty(blocks)
        place[np.argsort(drawn)] = np.arange(1, blocks + 1)
        places.append(place[order[0]])
        shares.append([(place[order[:top]] <= top).mean() for top in tops])
    low, high = np.quantile(places, [0.025, 0.975])
    top, tip = np.mean(shares, axis=0)
    return Ceiling(rho, blocks, seeds, [float(low), float(high)], float(top), float(tip))
