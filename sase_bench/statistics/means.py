"""Intervals for means of a few numbers: Student's t and a standard deviation pooled over groups.

>>> round(t_quantile(0.95, 2), 4), round(t_quantile(0.95, 10_000), 4)
(4.3027, 1.9602)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from math import cos, fsum, pi, sin, sqrt, tan
from statistics import NormalDist

__all__ = ["CONFIDENCE", "Spread", "half_width", "normal_quantile", "pooled", "spread", "t_quantile"]

#: Of every interval that a query answers with, two-sided.
CONFIDENCE = 0.95

_EXACT = 100  # degrees of freedom up to which the finite series is summed


@dataclass(frozen=True)
class Spread:
    """A standard deviation and the degrees of freedom it rests on."""

    sd: float
    degrees: int


def normal_quantile(confidence: float) -> float:
    """The z with P(|Z| ≤ z) = confidence."""
    return NormalDist().inv_cdf((1 + confidence) / 2)


@cache
def t_quantile(confidence: float, degrees: int) -> float:
    """The t with P(|T| ≤ t) = confidence for Student's t; `degrees` is a whole number from 1.

    Bisection on the finite series of Abramowitz & Stegun 26.7.3 and 26.7.4 up to 100 degrees of freedom, beyond that their
    expansion 26.7.5 around the normal quantile, which is then exact to about 1e-8.
    """
    if degrees > _EXACT:
        z, n = normal_quantile(confidence), degrees
        return z + (z**3 + z) / (4 * n) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2) + (
            3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z
        ) / (384 * n**3)  # fmt: skip
    low, high = 0.0, pi / 2
    for _ in range(60):  # 2**-60 of the interval
        angle = (low + high) / 2
        low, high = (angle, high) if _coverage(angle, degrees) < confidence else (low, angle)
    return sqrt(degrees) * tan(low)


def _coverage(angle: float, degrees: int) -> float:
    """P(|T| ≤ √degrees · tan(angle))."""
    odd, square = degrees % 2, cos(angle) ** 2
    term, total = cos(angle) if odd else 1.0, 0.0
    for k in range(1 + odd, degrees, 2):  # k = 2, 4, … for odd degrees, 1, 3, … for even
        total += term
        term *= square * k / (k + 1)
    return 2 / pi * (angle + sin(angle) * total) if odd else sin(angle) * total


def half_width(sd: float | None, count: int) -> float | None:
    """Half the confidence interval of a mean of `count` numbers with standard deviation `sd`; None for fewer than two."""
    if sd is None or count < 2:
        return None
    return t_quantile(CONFIDENCE, count - 1) * sd / sqrt(count)


def spread(values: Sequence[float]) -> tuple[float | None, float | None]:
    """Mean and sample standard deviation, each None where there are too few values for it."""
    if not values:
        return None, None
    mean = fsum(values) / len(values)
    if len(values) < 2:
        return mean, None
    return mean, sqrt(fsum((value - mean) ** 2 for value in values) / (len(values) - 1))


def pooled(groups: Iterable[tuple[int, float | None]]) -> Spread | None:
    """The standard deviation within groups of (size, sd): √(Σ(n−1)·sd² / Σ(n−1)); None if no group has two members."""
    several = [(count - 1, sd) for count, sd in groups if count > 1 and sd is not None]
    degrees = sum(count for count, _ in several)
    return Spread(sqrt(fsum(count * sd**2 for count, sd in several) / degrees), degrees) if degrees else None
