"""Draws of the variances that a Gaussian process over main effects and slot pairs has, given some scores.

The maximum that `anova.maximise` finds is one value; some tens of blocks leave the variances open by factors. Here they are
drawn with their prior and evidence: θ ~ N(mean, sd²) by elliptical slice sampling, which has nothing to tune (Murray, Adams &
MacKay, AISTATS 2010), and whether there are pairs at all, and whether there is a residual, by a Gibbs step each from even odds.
So an effect that is not there can be drawn as none.
"""

from __future__ import annotations

import numpy as np

from sase_bench.predictors.anova import Layout, covariance, shared_slots
from sase_bench.predictors.protocol import Floats, Observations
from sase_bench.predictors.tables import digits

__all__ = ["STEPS", "drawn_variances"]

STEPS = 800

_BURNT = 160  # first steps that are not kept
_MOST = 400  # observations that the variances are drawn by: a step's time grows with the cube of their number
_PAIRS, _RESIDUAL = slice(7, 22), slice(22, 23)


def drawn_variances(layout: Layout, data: Observations, count: int, seed: int) -> Floats:
    """`count` draws of the variances v (count, 23); those of all pairs, or that of the residual, are 0 where there are none.

    Of more than 400 observations a fixed sample of that size decides, so that the draws spread more than they would have to.
    """
    generator = np.random.default_rng(seed)
    if len(data) > _MOST:
        data = data.some(np.random.default_rng(0).permutation(len(data))[:_MOST])
    evidence = _Evidence(layout, data)
    theta, present = layout.mean.copy(), (True, True)
    value = evidence(theta, present)
    kept = []
    for step in range(STEPS):
        theta, value = _sliced(evidence, theta, present, value, generator)
        for place in (0, 1):
            other = (present[0] ^ (place == 0), present[1] ^ (place == 1))
            turned = evidence(theta, other)
            if np.log(generator.uniform()) < turned - np.logaddexp(value, turned):
                present, value = other, turned
        if step >= _BURNT:
            kept.append(evidence.variances(theta, present))
    rows = np.linspace(0, len(kept) - 1, count).round().astype(np.intp)
    return np.asarray(kept)[rows]


class _Evidence:
    """The logarithm of the evidence for θ, and for pairs and residual being there, less a constant."""

    def __init__(self, layout: Layout, data: Observations) -> None:
        self._layout, self._data = layout, data
        operations = digits()[data.architectures]
        self._shared = shared_slots(operations, operations)

    def variances(self, theta: Floats, present: tuple[bool, bool]) -> Floats:
        """v (23,)."""
        found = self._layout.variances(theta)
        for part, there in zip((_PAIRS, _RESIDUAL), present, strict=True):
            found[part] *= there
        return found

    def __call__(self, theta: Floats, present: tuple[bool, bool]) -> float:
        from scipy.linalg import solve_triangular

        factor = np.linalg.cholesky(covariance(self.variances(theta, present), self._shared, self._data))
        white = solve_triangular(factor, self._data.y, lower=True, check_finite=False)
        return -0.5 * float(white @ white) - float(np.log(np.diagonal(factor)).sum())

    def prior(self, generator: np.random.Generator) -> tuple[Floats, Floats]:
        """The middle of θ (p,), and a draw of θ's distance from it."""
        return self._layout.mean, self._layout.sd * generator.standard_normal(len(self._layout.sd))


def _sliced(
    evidence: _Evidence, theta: Floats, present: tuple[bool, bool], value: float, generator: np.random.Generator
) -> tuple[Floats, float]:
    """The next θ and its evidence: a point of the ellipse through θ and a draw of the prior, by a bracket that shrinks to θ."""
    middle, other = evidence.prior(generator)
    least = value + np.log(generator.uniform())
    angle = generator.uniform(0, 2 * np.pi)
    low, high = angle - 2 * np.pi, angle
    while True:
        found = middle + (theta - middle) * np.cos(angle) + other * np.sin(angle)
        reached = evidence(found, present)
        if reached > least:
            return found, reached
        low, high = (angle, high) if angle < 0 else (low, angle)
        angle = generator.uniform(low, high)
