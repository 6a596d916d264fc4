"""How true scores are distributed, from means over seeds, which have noise on top of that.

A normal distribution is the usual guess and a bad one where most blocks are alike and some stand out: on such tables it puts
the best agreement that a predictor can reach too high for Kendall's tau and far too low for the ten best. Here the distribution
has any shape: weights on a grid, found by expectation maximisation (the maximum-likelihood mixture of Kiefer & Wolfowitz 1956,
doi 10.1214/aoms/1177728066, as Laird 1978, doi 10.1080/01621459.1978.10480103, computes it). Run to its end that gives a few
atoms, whose blocks would all be alike; it starts at a uniform distribution and stops after 20 steps, which keeps it smooth.

Simulated truths that are normal, uniform, exponential, of two humps, and normal with a tail: Kendall's tau of truth and one
noisy score comes out with a bias of at most 0.01 from 360 blocks with four seeds, 0.02 from 97 with three, and under a normal
distribution of up to 0.08. `tests/statistics/test_deconvolution.py` does the like.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Truths", "deconvolve", "mixture"]

Floats = NDArray[np.float64]

_POINTS = 200  # of the grid: far closer together than the noise of a mean
_STEPS = 20


@dataclass(frozen=True)
class Truths:
    """A distribution of true scores on an even grid of G values, in the unit of the scores."""

    values: Floats  # (G,), ascending
    weights: Floats  # (G,), sum 1
    noise: Floats  # (G,), sd of a single score of a block whose truth is there

    def draw(self, counts: NDArray[np.integer], generator: np.random.Generator) -> tuple[Floats, Floats]:
        """True scores (n,) of n blocks and their means over `counts` seeds (n,)."""
        rows = generator.choice(len(self.values), len(counts), p=self.weights)
        step = self.values[1] - self.values[0]
        truths = self.values[rows] + step * (generator.random(len(counts)) - 0.5)  # so that no two are the same
        return truths, truths + self.noise[rows] / np.sqrt(counts) * generator.standard_normal(len(counts))


def deconvolve(means: Floats, counts: NDArray[np.integer], variances: Floats) -> Truths | None:
    """From the means of k blocks over `counts` seeds each, and the variances of their single scores, (k,) each.

    None where the means scatter no more than their noise does.
    """
    if len(means) < 2 or means.var(ddof=1) <= (variances / counts).mean():
        return None
    values = np.linspace(means.min(), means.max(), _POINTS)
    noise = _noise(values, means, variances)
    errors = noise / np.sqrt(counts)[:, None]  # (k, G)
    likelihood = np.exp(-(((means[:, None] - values) / errors) ** 2) / 2) / errors
    weights = mixture(likelihood, np.full(_POINTS, 1 / _POINTS), np.full(len(means), 1 / len(means)))
    return Truths(values, weights, noise)


def mixture(likelihood: Floats, start: Floats, blocks: Floats) -> Floats:
    """Weights (G,) of G values after the steps from `start` (G,), by the likelihood (k, G) of each value for k blocks.

    `blocks` (k,) are the shares that the blocks have in it, sum 1.
    """
    weights = start
    for _ in range(_STEPS):
        posterior = likelihood * weights
        weights = (blocks / posterior.sum(1)) @ posterior
    return weights


def _noise(values: Floats, means: Floats, variances: Floats) -> Floats:
    """The sd at each value: the logarithm of the blocks' variances is a line over their means."""
    if variances.min() <= 0:
        return np.full(len(values), np.sqrt(variances.mean()))
    line = np.polynomial.Polynomial.fit(means, np.log(variances), 1)
    return np.asarray(np.exp(line(values) / 2))
