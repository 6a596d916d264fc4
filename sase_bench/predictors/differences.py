"""Paired differences in Kendall's tau between predictors, with intervals that allow for the blocks that repeats share.

Repeats share blocks, so their scores vary less than those of new blocks would. If ρ is the correlation of the differences of
two repeats, the mean over J of them has the variance σ²·(ρ + (1 - ρ)/J), and the spread between them, s², estimates only
σ²·(1 - ρ); so the variance is s²·(1/J + ρ/(1 - ρ)). Nadeau & Bengio (2003, doi 10.1023/A:1024068626366) take for ρ the chance
that a block tested in one repeat is tested in another. Every repeat tests t of all k measured blocks, so ρ = t/k and
ρ/(1 - ρ) = t/(k - t). Their n_test/n_train is this where all the other k - t blocks are trained on. Here n of them are: with
small n, training blocks are shared less than that, never more, and n_test/n_train would tell intervals that are too wide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from math import isfinite, sqrt

from sase_bench.predictors.protocol import Floats
from sase_bench.statistics.means import CONFIDENCE
from sase_bench.statistics.quantiles import t_quantile

__all__ = ["Difference", "differences", "half_interval"]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """By how much the tau of one predictor lies above that of another, both fitted on the same n blocks. None: not defined."""

    n: int
    predictor: str
    other: str
    tau: float | None  # mean over the repeats
    low: float | None  # 95 % interval
    high: float | None

    def turned(self) -> Difference:
        """The same, seen from the other predictor."""
        tau, low, high = (None if value is None else -value for value in (self.tau, self.high, self.low))
        return Difference(n=self.n, predictor=self.other, other=self.predictor, tau=tau, low=low, high=high)


def differences(taus: Mapping[str, Floats], n: int, *, blocks: int, tested: int) -> list[Difference]:
    """All pairs of predictors, whose taus (J,) are over the same repeats on n training blocks; `tested` of all `blocks`."""
    found = []
    for name, other in combinations(taus, 2):
        ahead = taus[name] - taus[other]
        middle, margin = float(ahead.mean()), half_interval(ahead, blocks, tested)
        tau, low, high = (value if isfinite(value) else None for value in (middle, middle - margin, middle + margin))
        found.append(Difference(n=n, predictor=name, other=other, tau=tau, low=low, high=high))
    return found


def half_interval(ahead: Floats, blocks: int, tested: int) -> float:
    """Half the 95 % interval of the mean of differences (J,) over repeats that test `tested` of `blocks`; nan for J < 2."""
    repeats = len(ahead)
    if repeats < 2:
        return float("nan")
    variance = float(ahead.var(ddof=1)) * (1 / repeats + tested / (blocks - tested))
    return t_quantile(CONFIDENCE, repeats - 1) * sqrt(variance)
