"""Quantiles and tails of the distributions that intervals and tests go by.

The series and fractions stand here because the table side does without scipy; tests compare the two.

>>> round(t_quantile(0.95, 2), 4), round(t_quantile(0.95, 10_000), 4)
(4.3027, 1.9602)
>>> round(t_tail(4.3027, 2), 4), round(t_tail(0.0, 2), 4)
(0.05, 1.0)
>>> round(f_quantile(0.975, 11, 55), 4), round(f_quantile(0.95, 1, 10), 4)
(2.237, 4.9646)
>>> round(range_quantile(0.95, 3), 3), round(chi_squared_tail(5.991, 2), 4)
(3.314, 0.05)
"""

from __future__ import annotations

from functools import cache
from math import cos, erf, erfc, exp, lgamma, log, log1p, pi, sin, sqrt, tan
from statistics import NormalDist

import numpy as np

__all__ = ["chi_squared_tail", "f_quantile", "normal_quantile", "range_quantile", "t_quantile", "t_tail"]

_HALVINGS = 100  # of an interval, which is then as narrow as doubles allow
_EXACT = 100  # degrees of freedom of t up to which the finite series is summed
_TERMS = 10_000
_PRECISION = 1e-15
_FAR = 9.0  # standard deviations beyond which a normal density adds nothing to a double


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


def t_tail(t: float, degrees: int) -> float:
    """P(|T| ≥ |t|) for Student's t; `degrees` is a whole number from 1 (Abramowitz & Stegun 26.7.1 and 26.5.27)."""
    return _beta(degrees / (degrees + t * t), degrees / 2, 1 / 2) if t else 1.0


def chi_squared_tail(x: float, degrees: int) -> float:
    """P(χ² ≥ x) for a whole number of degrees of freedom from 1: the finite series of Abramowitz & Stegun 26.4.4 and 26.4.5."""
    if x <= 0:
        return 1.0
    start = degrees % 2 / 2
    terms = (exp(-x / 2 + (start + i) * log(x / 2) - lgamma(start + i + 1)) for i in range(degrees // 2))
    if degrees % 2 == 0:
        return sum(terms)
    return erfc(sqrt(x / 2)) + sum(terms)


@cache
def range_quantile(probability: float, count: int) -> float:
    """The q that the range of `count` standard normal numbers, from 2, stays below with this probability.

    The studentised range with infinitely many degrees of freedom, P(range < q) = k ∫ φ(z) (Φ(z) − Φ(z − q))^(k−1) dz (Harter
    1960, doi 10.1214/aoms/1177705684), by the trapezoidal rule and bisection.
    """
    z, step = np.linspace(-_FAR, _FAR, 2001, retstep=True)
    density = np.exp(-(z**2) / 2) / sqrt(2 * pi)

    def below(x: np.ndarray) -> np.ndarray:
        return np.asarray([(1 + erf(value / sqrt(2))) / 2 for value in x.tolist()])

    ends, low, high = below(z), 0.0, 2 * _FAR
    for _ in range(50):  # 2**-50 of the interval
        q = (low + high) / 2
        covered = count * float((density * (ends - below(z - q)) ** (count - 1)).sum() * step)
        low, high = (q, high) if covered < probability else (low, q)
    return low


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


def _coverage(angle: float, degrees: int) -> float:
    """P(|T| ≤ √degrees · tan(angle))."""
    odd, square = degrees % 2, cos(angle) ** 2
    term, total = cos(angle) if odd else 1.0, 0.0
    for k in range(1 + odd, degrees, 2):  # k = 2, 4, … for odd degrees, 1, 3, … for even
        total += term
        term *= square * k / (k + 1)
    return 2 / pi * (angle + sin(angle) * total) if odd else sin(angle) * total


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
