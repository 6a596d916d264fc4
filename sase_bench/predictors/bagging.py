"""Ensembles whose members saw different bootstraps, and an sd that is calibrated on what each member did not see.

Notation: M members, n observations; `seen` (M, n) says how often a member saw an observation. An observation is predicted
out of bag by the members that did not see it: their mean leaves a residual, their spread is s. The predictive variance is
floor² + (factor·s)². Both squares are means over what the residuals leave possible (their likelihood, with the noise of the
scores added, under half-normal priors) and not the likeliest values: where noise is much of a residual, the likeliest floor
is often none at all, and an sd by it too small.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from sase_bench.errors import RequestError
from sase_bench.predictors import archive
from sase_bench.predictors.protocol import Floats, Indices, Observations, Prediction
from sase_bench.predictors.threads import one_thread

__all__ = ["Bagged", "Spread", "bootstraps", "calibrate", "out_of_bag", "weights"]

_FLOOR = 0.5  # scale of the half-normal prior of the floor; that of the factor is 1
_FLOORS, _FACTORS = np.linspace(0.02, 1.5, 38), np.linspace(0.1, 3, 20)  # what is possible


@dataclass(frozen=True)
class Spread:
    """How the spread of the members becomes an sd, standardised."""

    floor: float
    factor: float


@dataclass(frozen=True)
class Fitted:
    """What turns standardised answers into predictions: scores are centre + scale · answer."""

    spread: Spread
    centre: float
    scale: float


def bootstraps(count: int, n: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """How often each of `count` members sees each of n observations, (count, n); every one of them sees two or more."""
    found = generator.multinomial(n, np.full(n, 1 / n), size=count)
    alone = (found > 0).sum(1) < 2
    found[alone] = 1
    return np.asarray(found, dtype=np.int64)


def weights(data: Observations) -> Floats:
    """1 / (variance of the truth + that of the noise) of each observation, with mean 1."""
    noise = data.noise_or(0.0) ** 2
    found = 1 / (max(1 - float(noise.mean()), 0.1) + noise)
    return np.asarray(found / found.mean(), dtype=np.float64)


def out_of_bag(members: Floats, seen: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Mean and spread (n,) over the members (M, n) that did not see an observation; nan where there are too few."""
    unseen = (seen == 0).astype(np.float64)
    count = unseen.sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (members * unseen).sum(0) / count
        spread = np.sqrt((unseen * (members - mean) ** 2).sum(0) / (count - 1))
    return mean, np.where(count > 1, spread, np.nan)


def calibrate(members: Floats, seen: NDArray[np.int64], data: Observations) -> Spread:
    """The spread that explains what the members (M, n) get wrong out of bag."""
    mean, spread = out_of_bag(members, seen)
    usable = np.isfinite(spread)
    if usable.sum() < 2:
        return Spread(floor=1.0, factor=1.0)
    square, s, noise = (data.y - mean)[usable] ** 2, spread[usable] ** 2, data.noise_or(0.0)[usable] ** 2
    floors, factors = _FLOORS**2, _FACTORS**2
    loss = np.asarray([[_loss(floor + factor * s + noise, square) for factor in factors] for floor in floors])
    loss += (floors[:, None] / _FLOOR**2 + factors) / 2
    possible = np.exp(loss.min() - loss)
    possible /= possible.sum()
    return Spread(floor=float(np.sqrt(floors @ possible.sum(1))), factor=float(np.sqrt(possible.sum(0) @ factors)))


def _loss(variance: Floats, square: Floats) -> float:
    """Minus the log-likelihood of residuals with these squares, but for a constant."""
    return float((np.log(variance) + square / variance).sum() / 2)


class Bagged(ABC):
    """What ensembles share: everything but how members are trained, asked and written."""

    name: ClassVar[str]
    members: ClassVar[int]

    def __init__(self, *, seed: int = 0) -> None:
        self.seed = seed
        self._fitted: Fitted | None = None

    def fit(self, architectures: Indices, y: Floats, noise: Floats | None = None) -> Self:
        data = Observations.of(architectures, y, noise)
        seen = bootstraps(self.members, len(data), np.random.default_rng(self.seed))
        with one_thread():
            answers = self._train(data, seen, weights(data))
            self._become(Fitted(calibrate(answers, seen, data), data.centre, data.scale))
        return self

    def predict(self, architectures: Indices) -> Prediction:
        mean, sd = self._whole
        return Prediction(mean[architectures], sd[architectures])

    def sample(self, architectures: Indices, count: int, seed: int) -> Floats:
        """Draws with the mean, the sd and, between blocks, the covariance of the members; the floor is each block's own."""
        fitted, generator = self.fitted, np.random.default_rng(seed)
        members = self._everywhere[:, architectures].astype(np.float64)
        mixing = generator.standard_normal((count, len(members))) / np.sqrt(len(members) - 1)
        drawn = members.mean(0) + fitted.spread.factor * (mixing @ (members - members.mean(0)))
        drawn += fitted.spread.floor * generator.standard_normal(drawn.shape)
        return np.asarray(fitted.centre + fitted.scale * drawn, dtype=np.float64)

    def save(self, folder: Path) -> None:
        fitted = self.fitted
        settings = {"centre": fitted.centre, "scale": fitted.scale, "floor": fitted.spread.floor}
        settings |= {"factor": fitted.spread.factor, "seed": self.seed}
        archive.write(folder, self.name, settings | self._settings(), self._write(folder))

    @classmethod
    def load(cls, folder: Path) -> Self:
        settings, arrays = archive.read(folder, cls.name)
        loaded = cls(seed=int(settings["seed"]))
        loaded._read(folder, settings, arrays)
        spread = Spread(float(settings["floor"]), float(settings["factor"]))
        loaded._become(Fitted(spread, float(settings["centre"]), float(settings["scale"])))
        return loaded

    @property
    def fitted(self) -> Fitted:
        """Raises `RequestError` before `fit`."""
        if self._fitted is None:
            raise RequestError(f"the predictor {self.name} has not been fitted; call fit() or load()")
        return self._fitted

    @cached_property
    def _everywhere(self) -> NDArray[np.float32]:
        return self._answer()

    @cached_property
    def _whole(self) -> Prediction:
        fitted, members = self.fitted, self._everywhere
        mean = members.mean(axis=0, dtype=np.float64)
        square = np.einsum("mn,mn->n", members, members, dtype=np.float64) - len(members) * mean**2
        variance = np.maximum(square, 0) / (len(members) - 1)
        sd = np.sqrt(fitted.spread.floor**2 + fitted.spread.factor**2 * variance)
        return Prediction(fitted.centre + fitted.scale * mean, fitted.scale * sd)

    def _become(self, fitted: Fitted) -> None:
        self._fitted = fitted
        for name in ("_everywhere", "_whole"):
            self.__dict__.pop(name, None)

    @abstractmethod
    def _train(self, data: Observations, seen: NDArray[np.int64], weight: Floats) -> Floats:
        """Train the members and give their answers to the observations, (M, n), standardised."""

    @abstractmethod
    def _answer(self) -> NDArray[np.float32]:
        """The members' answers for all blocks, (M, 117649), standardised."""

    @abstractmethod
    def _settings(self) -> dict[str, Any]:
        """What `_read` needs beside the arrays, and what a reader may want to know."""

    @abstractmethod
    def _write(self, folder: Path) -> dict[str, NDArray[Any]]:
        """Write files into `folder`, and give the arrays to be written."""

    @abstractmethod
    def _read(self, folder: Path, settings: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        """The members, from what `_write` wrote."""
