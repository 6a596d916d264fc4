"""The place that a block truly has, as far as the noise of the seeds lets it be known.

Notation: that of `effects`. The true place of a block is that of its m_b. Of many blocks the one that looks best has had luck,
so its mean ± its error says too good a place. Here the m_b are normal themselves, with a variance τ², and given the estimates
ȳ_b of them over n_b seeds with noise of variance σ_b²

    m_b is normal around ȳ + ρ_b · (ȳ_b − ȳ) with variance ρ_b · σ_b²/n_b,   ρ_b = τ² / (τ² + σ_b²/n_b),

with ȳ the mean of all, as in parametric empirical Bayes (Morris 1983, doi 10.1080/01621459.1983.10477920). Few blocks leave
σ_b² and τ² uncertain, so both are drawn, too: sums of squares over draws of χ² with their degrees of freedom (Box & Tiao 1973,
section 5.2). The σ_b² are those of `variances`: one for all blocks where nothing says that they differ.

Simulated, the interval of the best of 24 normal blocks with 3 seeds holds its true place in 95 to 99 % of tables. Blocks that
lie far off make τ² too large for the others: in hundreds of blocks, 15 % of them like that, it holds the best's in 75 to 90 %.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sase_bench.statistics.effects import Effects
from sase_bench.statistics.means import central_interval

__all__ = ["DRAWS", "draws_of_truth", "interval_of_place"]

Floats = NDArray[np.float64]

#: With the draws of one number and one seed, everything that is said of a table agrees.
DRAWS = 1000

_LEAST = 1e-9  # of the means' variance: blocks that do not differ are in any order, and need a spread to draw from


def draws_of_truth(found: Effects, *, sign: float = 1.0, draws: int = DRAWS, seed: int = 0) -> Iterator[Floats]:
    """What the blocks' true scores, times `sign`, may be above the mean of all; (k,) each, k from 2.

    `sign` is 1 where smaller is better, else -1: in a draw the smallest is the best. Nothing is drawn without known noise.
    """
    noise = found.variances
    if noise is None:
        return
    freedom = noise.freedom[:1] if noise.is_common else noise.freedom
    generator = np.random.default_rng(seed)
    y = sign * (found.means - found.means.mean())
    squares = float(y @ y)
    for _ in range(draws):
        error = noise.values * freedom / generator.chisquare(freedom) / found.counts  # (k,)
        total = squares / generator.chisquare(len(y) - 1)
        between = max(total - error.mean(), _LEAST * total)
        share = between / (between + error) if between else np.ones(len(y))
        yield share * y + np.sqrt(share * error) * generator.standard_normal(len(y))


def interval_of_place(found: Effects, row: int, *, sign: float = 1.0) -> tuple[int, int]:
    """Both ends of the interval of the true place of the block in `row`, 1 = best; the same answer for the same scores.

    The noise has to be known.
    """
    places = [1.0 + np.count_nonzero(truth < truth[row]) for truth in draws_of_truth(found, sign=sign)]
    low, high = central_interval(np.asarray(places))
    return int(low), int(high)
