"""How well composed latencies agree with timed ones, in rank and in size, and the one factor that brings them together.

Notation: x is what is composed and y what was timed, in seconds; x0 and y0 are the plain trunk, and d = y0 / x0 is how the
machine's speed moved between both measurements (single blocks have no trunk: x0 = y0 = 0, d = 1). In a network the code and
the data of a part are colder than where it is repeated by itself, so parts sum up to less than blocks take. The factor

    f = median of (y − y0) / (d · (x − x0))

over one half of the samples corrects that, and its error is reported on the other half: d · (x0 + f · (x − x0)) against y.

Timings are noisy themselves. `of_exact` says about how well an exact prediction would rank them, beside which the rank
correlation of composed ones is to be read; both are of the same half.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sase_bench.errors import RequestError
from sase_bench.statistics.correlation import kendall, spearman
from sase_bench.statistics.reliability import Estimate, bootstrap, spearman_brown

__all__ = ["LEAST_SAMPLES", "Accuracy", "accuracy", "of_exact", "repeatability"]

Seconds = NDArray[np.float64]  # (n,)

#: Two samples for the factor and two for its error.
LEAST_SAMPLES = 4


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """Errors are of |composed − timed| / timed: medians where nothing else is said."""

    samples: int
    spearman: float  # of all samples
    kendall: float  # tau-b, of all samples
    error: float  # of d · x, all samples
    bias: float  # median of (d · x − y) / y, all samples: below zero where parts sum up to less than networks take
    factor: float  # from the first half
    held_out: int  # samples of the second half
    held_out_spearman: float  # on the second half
    corrected_error: float  # with the factor, on the second half
    mean_error: float  # the mean instead of the median
    largest_error: float  # with the factor, on the second half
    residual: float  # seconds, standard deviation of what is left with the factor, on the second half
    drift: float  # d; nan for blocks


def accuracy(
    composed: Seconds, timed: Seconds, is_fit: NDArray[np.bool_], plain: tuple[float, float] | None = None
) -> Accuracy:
    """Compare; `is_fit` marks the half that the factor is from, `plain` is (x0, y0).

    Raises `RequestError` for less than two samples in a half.
    """
    if min(is_fit.sum(), (~is_fit).sum()) < LEAST_SAMPLES // 2:
        raise RequestError(f"a check takes at least {LEAST_SAMPLES} blocks, got {len(composed)}")
    x0, y0 = plain or (0.0, 0.0)
    drift = y0 / x0 if plain else 1.0
    factor = float(np.median((timed - y0)[is_fit] / (drift * (composed - x0)[is_fit])))
    left = drift * (x0 + factor * (composed - x0)) - timed
    relative = np.abs(left / timed)[~is_fit]
    return Accuracy(
        samples=len(composed),
        spearman=spearman(composed, timed),
        kendall=kendall(composed, timed),
        error=float(np.median(np.abs(drift * composed - timed) / timed)),
        bias=float(np.median((drift * composed - timed) / timed)),
        factor=factor,
        held_out=int((~is_fit).sum()),
        held_out_spearman=spearman(composed[~is_fit], timed[~is_fit]),
        corrected_error=float(np.median(relative)),
        mean_error=float(relative.mean()),
        largest_error=float(relative.max()),
        residual=float(left[~is_fit].std(ddof=1)),
        drift=drift if plain else float("nan"),
    )


def repeatability(repetitions: Sequence[Sequence[float]]) -> float:
    """Spearman's correlation between two halves of each sample's repetitions, both of them medians.

    Every other repetition in order is of the one half: both go through all visits, so that what the machine did between visits
    is hardly a difference of the halves (and none where a visit has an even number). nan where a sample has only one.
    """
    return spearman(*_halves(repetitions)) if min(map(len, repetitions)) > 1 else float("nan")


def of_exact(repetitions: Sequence[Sequence[float]]) -> Estimate:
    """About what Spearman's correlation of an exact prediction with the medians of all repetitions would be.

    √(2r / (1 + r)) for a `repeatability` of r: the root of the reliability of both halves together (Spearman 1910, Brown 1910),
    and more than r, for the exact prediction has no noise. The formula is of means and of Pearson's correlation; medians and
    ranks follow it roughly. It is no bound: the interval, 95 % by drawing samples anew, is wide for few of them, and a
    prediction may be above it by luck. What the machine did to all repetitions of a sample counts as the sample's own, so the
    truth may also be less. nan for r ≤ 0.
    """
    if min(map(len, repetitions)) < 2:
        return Estimate(*(float("nan"),) * 3)
    return bootstrap(lambda one, other: _stepped_up(spearman(one, other)), *_halves(repetitions))


def _halves(repetitions: Sequence[Sequence[float]]) -> tuple[Seconds, Seconds]:
    one, other = (np.asarray([np.median(seconds[start::2]) for seconds in repetitions]) for start in (0, 1))
    return one, other


def _stepped_up(r: float) -> float:
    return float(np.sqrt(spearman_brown(r, 2))) if r > 0 else float("nan")
