"""How well composed latencies agree with timed ones, in rank and in size, and the one factor that brings them together.

Notation: x is what is composed and y what was timed, in seconds; x0 and y0 are the plain trunk, 0 for single blocks. In a
network the code and the data of a part are colder than where it is repeated by itself, so parts sum up to a little less than
blocks take. The factor f = median of (y − y0) / (x − x0) over one half of the samples corrects that, and its error is
reported on the other half: x0 + f·(x − x0) against y.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sase_bench.calibrate.statistics import ranks
from sase_bench.errors import RequestError

__all__ = ["LEAST_SAMPLES", "Agreement", "agreement", "kendall", "spearman"]

Seconds = NDArray[np.float64]  # (n,)

#: Two samples for the factor and two for its error.
LEAST_SAMPLES = 4


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Errors are medians of |composed − timed| / timed."""

    samples: int
    spearman: float  # of all samples
    kendall: float  # tau-b, of all samples
    error: float  # of the sums as they are, all samples
    factor: float  # from the first half
    corrected_error: float  # with the factor, on the second half
    largest_error: float  # with the factor, on the second half
    residual: float  # seconds, standard deviation of what is left with the factor, on the second half
    plain: float  # y0 / x0: how the machine's speed moved between both measurements; nan for blocks


def agreement(
    composed: Seconds, timed: Seconds, is_fit: NDArray[np.bool_], composed_plain: float = 0.0, timed_plain: float = 0.0
) -> Agreement:
    """Compare; `is_fit` marks the half that the factor is from. Raises `RequestError` for less than 2 samples in a half."""
    if min(is_fit.sum(), (~is_fit).sum()) < LEAST_SAMPLES // 2:
        raise RequestError(f"a check takes at least {LEAST_SAMPLES} blocks, got {len(composed)}")
    factor = float(np.median((timed[is_fit] - timed_plain) / (composed[is_fit] - composed_plain)))
    left = composed_plain + factor * (composed - composed_plain) - timed
    relative = np.abs(left / timed)[~is_fit]
    return Agreement(
        samples=len(composed),
        spearman=spearman(composed, timed),
        kendall=kendall(composed, timed),
        error=float(np.median(np.abs(composed - timed) / timed)),
        factor=factor,
        corrected_error=float(np.median(relative)),
        largest_error=float(relative.max()),
        residual=float(left[~is_fit].std(ddof=1)),
        plain=timed_plain / composed_plain if composed_plain else float("nan"),
    )


def spearman(x: Seconds, y: Seconds) -> float:
    """Spearman's rank correlation."""
    return float(np.corrcoef(ranks(x[:, None])[:, 0], ranks(y[:, None])[:, 0])[0, 1])


def kendall(x: Seconds, y: Seconds) -> float:
    """Kendall's tau-b, by all pairs."""
    one, other = np.sign(x[:, None] - x[None, :]), np.sign(y[:, None] - y[None, :])
    return float((one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum()))
