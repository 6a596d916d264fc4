"""How well composed latencies agree with timed ones, in rank and in size, and the one factor that brings them together.

Notation: x is what is composed and y what was timed, in seconds; x0 and y0 are the plain trunk, and d = y0 / x0 is how the
machine's speed moved between both measurements (single blocks have no trunk: x0 = y0 = 0, d = 1). In a network the code and
the data of a part are colder than where it is repeated by itself, so parts sum up to less than blocks take. The factor

    f = median of (y − y0) / (d · (x − x0))

over one half of the samples corrects that, and its error is reported on the other half: d · (x0 + f · (x − x0)) against y.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sase_bench.errors import RequestError
from sase_bench.statistics.correlation import kendall, spearman

__all__ = ["LEAST_SAMPLES", "Agreement", "agreement", "ceiling", "repeatability"]

Seconds = NDArray[np.float64]  # (n,)

#: Two samples for the factor and two for its error.
LEAST_SAMPLES = 4


@dataclass(frozen=True, kw_only=True)
class Agreement:
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


def agreement(
    composed: Seconds, timed: Seconds, is_fit: NDArray[np.bool_], plain: tuple[float, float] | None = None
) -> Agreement:
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
    return Agreement(
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


def repeatability(repetitions: list[list[float]]) -> float:
    """Spearman's correlation between the medians of the earlier and the later half of each sample's repetitions.

    nan where a sample has only one. `ceiling` says what it means for a prediction.
    """
    if min(map(len, repetitions)) < 2:
        return float("nan")
    earlier = np.asarray([np.median(seconds[: len(seconds) // 2]) for seconds in repetitions])
    later = np.asarray([np.median(seconds[len(seconds) // 2 :]) for seconds in repetitions])
    return spearman(earlier, later)


def ceiling(repeatable: float) -> float:
    """The correlation of an exact prediction with the medians of all repetitions, whose halves correlate by r = `repeatable`.

    √(2r / (1 + r)): the root of the reliability of both halves together (Spearman 1910, Brown 1910), and more than r, for the
    exact prediction has no noise. nan for r ≤ 0.
    """
    return float(np.sqrt(2 * repeatable / (1 + repeatable))) if repeatable > 0 else float("nan")
