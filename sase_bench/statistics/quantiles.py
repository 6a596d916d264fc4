"""Quantiles of Fisher's F distribution, for intervals of ratios of variances.

The continued fraction of the incomplete beta function stands here because the table side does without scipy; a test
compares the two.

>>> round(f_quantile(0.975, 11, 55), 4), round(f_quantile(0.95, 1, 10), 4)
(2.237, 4.9646)
"""

from __future__ import annotations

from functools import cache
from math import exp, lgamma, log, log1p

__all__ = ["f_quantile"]

_HALVINGS = 100  # of the interval 0..1 of x, which is then as narrow as doubles allow
_TERMS = 10_000
_PRECISION = 1e-15


@cache
def f_quantile(probability: float, above: int, below: int) -> float:
    """The f with P(F ≤ f) = probability, 0 < probability < 1; `above` and `below` are the degrees of freedom, from 1.

    P(F ≤ f) = I_x(above/2, below/2) at x = above·f / (above·f + below) (Abramowitz & Stegun 26.6.2), found by bisection.
    """
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        x = (low + high) / 2
        low, high = (x, high) if _beta(x, above / 2, below / 2) < probability else (low, x)
    return below * low / (above * (1 - low))


def _beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b)."""
    if not 0 < x < 1:
        return x
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x > (a + 1) / (a + b + 2):  # where the fraction converges slowly, the other tail's does not
        return 1 - front * _fraction(1 - x, b, a) / b
    return front * _fraction(x, a, b) / a


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of Abramowitz & Stegun 26.5.8 in the form of Lentz (1976, doi 10.1364/AO.15.000668)."""
    numerator, denominator = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    value = denominator
    for m in range(1, _TERMS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            denominator = 1 / (1 + term * denominator)
            numerator = 1 + term / numerator
            value *= numerator * denominator
        if abs(numerator * denominator - 1) < _PRECISION:
            break
    return value
