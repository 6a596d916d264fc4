"""A Gaussian process over main effects and slot pairs, exact on all 117,649 blocks in milliseconds.

Notation: the prior of a score is f(x) = f₀ + Σ_d f_d(x_d) + Σ_{i<j} f_ij(x_i, x_j) + r(x). Effects are centred over the
seven operations, so that no part can stand in for another: the covariance of an effect is the product over its slots of
c(a, b) = 1 if a = b, else -1/6 (the categorical kernel, orthogonalised; Lu, Boukouvalas & Hensman 2022, arXiv 2206.09861).
r has a value of its own for every block: what no pair explains. Every part has a variance, v: 22 effects and r.

The covariance of two blocks depends only on which slots they share, 64 numbers. The posterior mean is a sum of pair tables
and the posterior variance of f is one of four-slot tables (see `tables`): no 117,649 × n matrix is ever made.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from sase_bench.predictors.protocol import Floats, Observations
from sase_bench.predictors.tables import cells, digits, expand, subsets

__all__ = ["EFFECTS", "Layout", "Posterior", "covariance", "maximise", "shared_slots"]

#: The slots of each effect: none, one, two.
EFFECTS = (*subsets(0), *subsets(1), *subsets(2))

_CROSS = -1 / 6  # c(a, b) of two different operations
_JITTER = 1e-8  # of the mean variance; keeps a covariance invertible that has no noise
_STEPS = 60  # of the optimiser
_MOST = 1500  # observations that variances are chosen by; the posterior takes them all
_REACH = 4  # sd of the prior that the optimiser may go; further out covariances are singular


@dataclass(frozen=True)
class Layout:
    """How the logarithms of the 23 variances depend on p parameters: log v = weights · θ + offset, with θ ~ N(mean, sd²)."""

    weights: Floats  # (23, p)
    offset: Floats  # (23,)
    mean: Floats  # (p,)
    sd: Floats  # (p,)

    def variances(self, theta: Floats) -> Floats:
        """v (23,), that of r last."""
        return np.asarray(np.exp(self.weights @ theta + self.offset), dtype=np.float64)


@cache
def _basis() -> Floats:
    """Covariance of each effect with variance 1, by the pattern of shared slots: (64, 22); slot 0 is the highest bit."""
    shared = np.arange(64)[:, None] >> np.arange(5, -1, -1) & 1
    c = np.where(shared, 1.0, _CROSS)
    return np.stack([c[:, list(slots)].prod(1) for slots in EFFECTS], axis=1)


def shared_slots(a: NDArray[np.intp], b: NDArray[np.intp]) -> NDArray[np.uint8]:
    """Which slots blocks with operation numbers a (n, 6) and b (m, 6) share, as a number 0..63, shape (n, m)."""
    found = np.zeros((len(a), len(b)), dtype=np.uint8)
    for slot in range(a.shape[1]):
        found = found << 1 | (a[:, slot, None] == b[None, :, slot])
    return found


def maximise(layout: Layout, data: Observations) -> Floats:
    """The variances v (23,) at the maximum of evidence times prior, by L-BFGS from the prior's mean.

    Of more than 1500 observations a fixed sample of that size decides: an evaluation takes time with the cube of their number.
    """
    from scipy.optimize import minimize

    if len(data) > _MOST:
        data = data.some(np.random.default_rng(0).permutation(len(data))[:_MOST])
    shared = shared_slots(digits()[data.architectures], digits()[data.architectures])
    flat = shared.ravel().astype(np.intp)

    def loss(theta: Floats) -> tuple[float, Floats]:
        v = layout.variances(theta)
        inverse, factor = _invert(covariance(v, shared, data))
        alpha = inverse @ data.y
        value = 0.5 * float(data.y @ alpha) + float(np.log(np.diagonal(factor)).sum())
        pull = 0.5 * (inverse - np.outer(alpha, alpha))
        by_pattern = np.bincount(flat, pull.ravel(), minlength=64)
        residual = by_pattern[63] if data.noise is not None else float(np.trace(pull))
        slope = np.append(_basis().T @ by_pattern, residual) * v
        away = (theta - layout.mean) / layout.sd
        return value + 0.5 * float(away @ away), layout.weights.T @ slope + away / layout.sd

    bounds = list(zip(layout.mean - _REACH * layout.sd, layout.mean + _REACH * layout.sd, strict=True))
    options = {"maxiter": _STEPS, "ftol": 1e-6}
    found = minimize(loss, layout.mean, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return layout.variances(np.asarray(found.x))


class Posterior:
    """f given the observations. All results are standardised as the observations are."""

    def __init__(self, variances: Floats, data: Observations) -> None:
        self.variances, self.data = variances, data
        operations = digits()[data.architectures]
        shared = shared_slots(operations, operations)
        self._inverse, _ = _invert(covariance(variances, shared, data))
        self._alpha = self._inverse @ data.y
        self._influence = _influence(variances, operations)  # (735, n)
        self._of_blocks = float(variances[-1]) if data.noise is not None else 0.0  # variance of r that is a block's own
        self._known = (_basis() @ variances[:-1])[shared] + self._of_blocks * (shared == 63)  # prior covariance of the data

    def mean(self) -> Floats:
        """At all blocks, (117649,)."""
        mean = expand((self._influence @ self._alpha).reshape(15, 49))
        mean[self.data.architectures] = self._known @ self._alpha
        return np.asarray(mean)

    def variance(self) -> Floats:
        """Of the block's true value, at all blocks, (117649,)."""
        prior = float(self.variances[:-1].sum()) + self._of_blocks
        gained = self._influence @ self._inverse @ self._influence.T
        places, shares = _quads()
        tables = np.stack([(gained[quad[:, :, None], quad[:, None, :]] * shares).sum((1, 2)) for quad in places])
        variance = prior - expand(tables)
        variance[self.data.architectures] = prior - np.einsum("ij,ij->i", self._known @ self._inverse, self._known)
        return np.asarray(np.maximum(variance, 1e-6 * prior))

    def draw(self, generator: np.random.Generator) -> Floats:
        """A function of the posterior at all blocks, (117649,): a draw of the prior, corrected by what it gets wrong.

        Matheron's rule (Wilson et al. 2020, arXiv 2002.09309); blocks are drawn jointly.
        """
        tables, blocks = _prior_tables(self.variances, generator), self.data.architectures
        own = np.sqrt(self._of_blocks) * generator.standard_normal(len(digits()))
        wrong = self._wrong(tables, own[blocks], generator)
        drawn = expand(tables + (self._influence @ wrong).reshape(15, 49)) + own
        np.add.at(drawn, blocks, self._of_blocks * wrong)
        return np.asarray(drawn)

    def draw_effects(self, generator: np.random.Generator) -> Floats:
        """The pair tables of such a draw without r, (15, 49): all main effects and pairs, and no block of 117,649 by itself."""
        tables = _prior_tables(self.variances, generator)
        blocks, places = np.unique(self.data.architectures, return_inverse=True)
        own = np.sqrt(self._of_blocks) * generator.standard_normal(len(blocks))
        wrong = self._wrong(tables, own[places], generator)
        return np.asarray(tables + (self._influence @ wrong).reshape(15, 49))

    def _wrong(self, tables: Floats, own: Floats, generator: np.random.Generator) -> Floats:
        """What a draw of the prior gets wrong at the data (n,), weighed by the inverse of their covariance."""
        data = self.data
        spread = np.sqrt(data.noise_or(0.0) ** 2 + self.variances[-1] - self._of_blocks)
        at_data = np.take_along_axis(tables, cells(digits()[data.architectures], 2).T, axis=1).sum(0) + own
        return np.asarray(self._inverse @ (data.y - at_data - spread * generator.standard_normal(len(data))))


def covariance(v: Floats, shared: NDArray[np.uint8], data: Observations) -> Floats:
    """Of the observations (n, n): where no noise is known, r is the noise."""
    covariance = (_basis() @ v[:-1])[shared]
    if data.noise is None:
        covariance[np.diag_indices_from(covariance)] += v[-1]
    else:
        covariance += v[-1] * (shared == 63)
        covariance[np.diag_indices_from(covariance)] += data.noise**2
    covariance[np.diag_indices_from(covariance)] += _JITTER * float(np.trace(covariance)) / len(data)
    return np.asarray(covariance, dtype=np.float64)


def _invert(covariance: Floats) -> tuple[Floats, Floats]:
    """The inverse and the lower Cholesky factor."""
    from scipy.linalg.lapack import dpotri

    factor = np.asarray(np.linalg.cholesky(covariance), dtype=np.float64)
    lower, _ = dpotri(factor, lower=1)
    return np.asarray(np.tril(lower) + np.tril(lower, -1).T, dtype=np.float64), factor


def _influence(v: Floats, operations: NDArray[np.intp]) -> Floats:
    """Covariance of the data with each cell of the pair tables, (735, n); slots lie in 5 pairs, the constant in 15."""
    c = np.where(np.arange(7)[None, :, None] == operations.T[:, None, :], 1.0, _CROSS)  # slot × operation × n
    main, pair = v[1:7], v[7:22]
    tables = [
        pair[number] * c[i][:, None] * c[j][None] + (main[i] * c[i][:, None] + main[j] * c[j][None]) / 5 + v[0] / 15
        for number, (i, j) in enumerate(subsets(2))
    ]
    return np.stack(tables).reshape(15 * 49, -1)


def _prior_tables(v: Floats, generator: np.random.Generator) -> Floats:
    """Pair tables of a draw of f from the prior, without r: (15, 49)."""
    main = generator.standard_normal((6, 7))
    main = np.sqrt(v[1:7, None] * 7 / 6) * (main - main.mean(1, keepdims=True))
    pair = generator.standard_normal((15, 7, 7))
    pair = pair - pair.mean(1, keepdims=True)
    pair = np.sqrt(v[7:22, None, None]) * 7 / 6 * (pair - pair.mean(2, keepdims=True))
    constant = np.sqrt(v[0]) * generator.standard_normal()
    for number, (i, j) in enumerate(subsets(2)):
        pair[number] += (main[i][:, None] + main[j][None]) / 5 + constant / 15
    return np.asarray(pair.reshape(15, 49), dtype=np.float64)


@cache
def _quads() -> tuple[NDArray[np.intp], Floats]:
    """For each four slots and their 2401 cells the places of its six pairs among the 735, (15, 2401, 6); and a share (6, 6).

    A product of two pairs that together take four slots belongs to one quad; three slots lie in 3 quads, two in 6.
    """
    inner = list(subsets(2))
    pairs = [[pair for pair in inner if set(pair) <= set(quad)] for quad in subsets(4)]
    numbers = np.asarray(list(np.ndindex(7, 7, 7, 7)))
    places = np.empty((15, 7**4, 6), dtype=np.intp)
    for number, (quad, members) in enumerate(zip(subsets(4), pairs, strict=True)):
        for column, (i, j) in enumerate(members):
            cell = numbers[:, quad.index(i)] * 7 + numbers[:, quad.index(j)]
            places[number, :, column] = inner.index((i, j)) * 49 + cell
    taken = np.asarray([[len({*a, *b}) for b in pairs[0]] for a in pairs[0]])
    return places, np.asarray([0, 0, 1 / 6, 1 / 3, 1.0])[taken]
