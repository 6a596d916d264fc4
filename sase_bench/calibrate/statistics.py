"""How far a score can be trusted: reliability between seeds, and validity against a longer training.

Notation: y (k, s) holds one score of each of k blocks with each of s seeds. The model is crossed, y_bs = μ + a_b + c_s + e_bs:
a seed's trunk, its data order and its luck are shared by all blocks of that seed, so c_s moves no block past another one
and is taken out. What is left are the blocks' variance σ²_a and the noise σ²_e, from the two-way analysis of variance.

* ICC = σ²_a / (σ²_a + σ²_e): the blocks' share in the variance of single runs (consistency; McGraw & Wong 1996, ICC(C,1)).
* Reliability of the mean of n seeds = σ²_a / (σ²_a + σ²_e / n): the correlation that is to be expected between the means of
  two disjoint sets of n seeds (Spearman-Brown).
* Validity = r / sqrt(reliability · reliability'), the correlation of the means of two tasks had neither any noise (Spearman
  1904). It is not defined where a reliability is not positive, and sampling can carry it beyond 1.

Intervals are 95 % percentile bootstraps over blocks. Estimates are not cut off: an ICC can come out below zero.
With `ranks` every score is first replaced by its rank within its seed, so that a few very bad blocks cannot carry the result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sase_bench.errors import RequestError

__all__ = ["LEAST_BLOCKS", "Estimate", "bootstrap", "icc", "ranks", "reliability", "validity"]

Scores = NDArray[np.float64]  # (k, s)

_DRAWS = 2000
#: Fewer blocks than this have no reliability.
LEAST_BLOCKS = 3


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval; nan, and in words "not defined", where there is none."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        if np.isnan(self.value):
            return "not defined"
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"


def ranks(y: Scores) -> Scores:
    """Ranks from 1 within each column; equal values share their mean rank."""
    found = np.empty(y.shape)
    for column, values in enumerate(y.T):
        _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
        found[:, column] = (np.cumsum(counts) - (counts - 1) / 2)[places]
    return found


def icc(y: Scores) -> float:
    """The blocks' share in the variance of single runs. Raises `RequestError` for less than 3 blocks or 2 seeds."""
    blocks, noise = _variances(y)
    return blocks / (blocks + noise) if blocks + noise > 0 else float("nan")


def reliability(y: Scores, seeds: int | None = None) -> float:
    """The reliability of the mean of `seeds` seeds, by default as many as y has."""
    blocks, noise = _variances(y)
    total = blocks + noise / (seeds or y.shape[1])
    return blocks / total if total > 0 else float("nan")


def validity(y: Scores, reference: Scores) -> float:
    """The correlation of the blocks' means in y and in `reference` (the same blocks in the same order), free of both noises."""
    product = reliability(y) * reliability(reference)
    if not product > 0 or reliability(y) < 0:
        return float("nan")
    return float(np.corrcoef(y.mean(1), reference.mean(1))[0, 1] / np.sqrt(product))


def bootstrap(statistic: Callable[..., float], *samples: Scores, seed: int = 0, draws: int = _DRAWS) -> Estimate:
    """`statistic` of the samples, with the interval from drawing blocks anew; the same blocks are drawn in all samples."""
    generator = np.random.default_rng(seed)
    count = len(samples[0])
    drawn = []
    for _ in range(draws):
        chosen = generator.integers(0, count, count)
        if len(set(chosen.tolist())) >= LEAST_BLOCKS:
            drawn.append(statistic(*(sample[chosen] for sample in samples)))
    finite = np.asarray(drawn)[np.isfinite(drawn)]
    low, high = np.quantile(finite, [0.025, 0.975]) if len(finite) else (np.nan, np.nan)
    return Estimate(float(statistic(*samples)), float(low), float(high))


def _variances(y: Scores) -> tuple[float, float]:
    """σ²_a and σ²_e by the two-way analysis of variance without interaction."""
    k, s = y.shape
    if k < LEAST_BLOCKS or s < 2:
        raise RequestError(f"reliability needs at least {LEAST_BLOCKS} blocks and 2 seeds that they share, got {k} and {s}")
    centred = y - y.mean(0)
    means = centred.mean(1)
    between = s * float(means @ means) / (k - 1)
    residual = centred - means[:, None]
    noise = float((residual**2).sum()) / ((k - 1) * (s - 1))
    return (between - noise) / s, noise
