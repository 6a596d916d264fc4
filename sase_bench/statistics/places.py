"""The place that a block truly has, as far as the noise of the seeds lets it be known.

Notation: that of `effects`. The true place of a block is that of its m_b. Of many blocks the one that looks best has had luck,
so its mean ± its error says too good a place. Here the m_b are drawn from what is known of them: a distribution of all blocks'
true scores, and for each block the estimate ȳ_b over n_b seeds, with noise of variance σ_b²/n_b. That is empirical Bayes, by a
distribution of any shape: it starts as a normal one with the variance that the ȳ_b have beside their noise (Morris 1983,
doi 10.1080/01621459.1983.10477920) and is moved by the steps of `deconvolution`, little where noise hides it and much where it
can be seen. Neither it nor the σ_b² are known exactly, so both are drawn, too: the blocks that speak for it by the Bayesian
bootstrap (Rubin 1981, doi 10.1214/aos/1176345338), sums of squares over draws of χ² with their degrees of freedom (Box & Tiao
1973, section 5.2). The σ_b² are those of `variances`: one for all blocks where nothing says that they differ.

Simulated truths that are normal, uniform, exponential and normal with one block in seven far off, of 24, 100 and 500 blocks
with a reliability of 0.05 to 0.83: the intervals of the best, the tenth in a hundred, the median and the worst hold the true
place in 0.96 of tables; two that had come out lowest do in 0.88 and 0.89 of 120. By a normal distribution alone some do in 0.6.
The slow test of `tests/statistics/test_places.py` does the like.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sase_bench.statistics.deconvolution import mixture
from sase_bench.statistics.effects import Effects
from sase_bench.statistics.means import central_interval

__all__ = ["DRAWS", "draws_of_truth", "interval_of_place"]

Floats = NDArray[np.float64]

#: With the draws of one number and one seed, everything that is said of a table agrees.
DRAWS = 1000

_TOGETHER = 5_000_000  # blocks times draws: where blocks are very many, fewer draws place them closely enough
_ENOUGH = 100

_POINTS = 200  # of the grid; within its cells the distribution is even
_PRIORS = 50  # distributions that are drawn; fewer of many blocks, which leave little doubt of it
_CELLS = 50_000  # blocks times distributions
_FEWEST = 4
_LEAST = 1e-9  # of the means' variance: blocks that do not differ are in any order, and need a spread to draw from
_FLOOR = 1e-12  # of the weight at the start: no value is ruled out


def draws_of_truth(found: Effects, *, sign: float = 1.0, seed: int = 0) -> Iterator[Floats]:
    """What the blocks' true scores, times `sign`, may be above the mean of all; (k,) each, k from 2.

    `sign` is 1 where smaller is better, else -1: in a draw the smallest is the best. Nothing is drawn without known noise.
    """
    noise = found.variances
    if noise is None:
        return
    freedom = noise.freedom[:1] if noise.is_common else noise.freedom
    generator = np.random.default_rng(seed)
    y = sign * (found.means - found.means.mean())
    draws = min(DRAWS, max(_ENOUGH, _TOGETHER // len(y)))
    priors = min(draws, max(_FEWEST, min(_PRIORS, _CELLS // len(y))))
    for number in range(priors):
        error = np.broadcast_to(noise.values * freedom / generator.chisquare(freedom) / found.counts, y.shape)  # (k,)
        count = draws * (number + 1) // priors - draws * number // priors
        yield from _posterior(y, error, count, generator) if y.any() else _any_order(error, count, generator)


def interval_of_place(found: Effects, row: int, *, sign: float = 1.0) -> tuple[int, int]:
    """Both ends of the interval of the true place of the block in `row`, 1 = best; the same answer for the same scores.

    The noise has to be known.
    """
    places = [1.0 + np.count_nonzero(truth < truth[row]) for truth in draws_of_truth(found, sign=sign)]
    low, high = central_interval(np.asarray(places))
    return int(low), int(high)


def _posterior(y: Floats, error: Floats, draws: int, generator: np.random.Generator) -> Iterator[Floats]:
    """True scores (k,) given the estimates y (k,), whose errors have the variances `error` (k,), by one drawn distribution."""
    total = float(y @ y) / generator.chisquare(len(y) - 1)
    between = max(total - error.mean(), _LEAST * total)
    values = np.linspace(y.min(), y.max(), _POINTS)
    half = (values[1] - values[0]) / 2
    start = np.exp(-(values**2) / (2 * between)) + _FLOOR
    away = np.maximum(abs(y[:, None] - values) - half, 0)  # (k, G), from the cell's edge
    likelihood = np.exp(-(away**2) / (2 * np.maximum(error, _LEAST * total)[:, None]))
    blocks = generator.exponential(size=len(y))
    shares = np.cumsum(likelihood * mixture(likelihood, start / start.sum(), blocks / blocks.sum()), axis=1)
    rows = np.arange(len(y))
    ladder = (shares / shares[:, -1:] + rows[:, None]).ravel()  # ascending, one step a block
    for _ in range(draws):
        cell = values[np.searchsorted(ladder, generator.random(len(y)) + rows) - _POINTS * rows]
        near = y + np.sqrt(error) * generator.standard_normal(len(y))  # a cell may be wider than the error
        yield np.where(abs(near - cell) <= half, near, cell + half * generator.uniform(-1, 1, len(y)))


def _any_order(error: Floats, draws: int, generator: np.random.Generator) -> Iterator[Floats]:
    for _ in range(draws):
        yield np.sqrt(error) * generator.standard_normal(len(error))
