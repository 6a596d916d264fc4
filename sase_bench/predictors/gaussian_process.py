"""The Gaussian process with a length-scale for every slot, and the linear model that is its floor.

Both are posteriors over main effects and slot pairs (see `anova`) with variances at the maximum of evidence times a weak
prior. They differ in how many variances are free:

* `linear`: one for all main effects, one for all pairs: a ridge regression with two penalties.
* `gp`: one for each slot (what a length-scale is to a categorical kernel: how much an operation in it changes the score),
  and one for each pair, around the geometric mean of its slots': slots that matter interact more.

The rows' noise comes from the spread of their seeds. Fitting needs scipy; nothing here needs torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from sase_bench.errors import RequestError
from sase_bench.predictors import archive
from sase_bench.predictors.anova import EFFECTS, Layout, Posterior, maximise
from sase_bench.predictors.protocol import Floats, Indices, Observations, Prediction
from sase_bench.predictors.threads import one_thread

__all__ = ["GaussianProcess", "LinearModel"]

_MAIN = np.log(0.15)  # prior means of the logarithms of variances, in units of the scores' variance
_RESIDUAL = np.log(0.1)


def _of_slots() -> Layout:
    """θ: six slots, what pairs have in common, fifteen pairs, r."""
    weights, offset = np.zeros((23, 23)), np.zeros(23)
    for row, slots in enumerate(EFFECTS):
        weights[row, list(slots)] = 1 / max(len(slots), 1)
        if len(slots) == 2:
            weights[row, [6, row]] = 1  # pairs are the effects 7..21, and so are their parameters
    weights[22, 22] = 1
    mean = np.concatenate([np.full(6, _MAIN), [_MAIN], np.zeros(15), [_RESIDUAL]])
    sd = np.concatenate([np.full(6, 1.5), [1.5], np.full(15, 0.5), [1.5]])
    return Layout(weights, offset, mean, sd)


def _of_orders() -> Layout:
    """θ: main effects, pairs, r."""
    weights = np.zeros((23, 3))
    for row, slots in enumerate(EFFECTS):
        if slots:
            weights[row, len(slots) - 1] = 1
    weights[22, 2] = 1
    return Layout(weights, np.zeros(23), np.asarray([_MAIN, 2 * _MAIN, _RESIDUAL]), np.full(3, 2.0))


class _Effects:
    """What both share. `seed` is there for the protocol's sake: nothing is random before `sample`."""

    name: ClassVar[str]
    layout: ClassVar[Layout]

    def __init__(self, *, seed: int = 0) -> None:
        self._posterior: Posterior | None = None

    def fit(self, architectures: Indices, y: Floats, noise: Floats | None = None) -> Self:
        data = Observations.of(architectures, y, noise)
        with one_thread():
            self._become(Posterior(maximise(self.layout, data), data))
        return self

    def predict(self, architectures: Indices) -> Prediction:
        data = self.posterior.data
        mean, sd = self._everywhere
        return Prediction(data.centre + data.scale * mean[architectures], data.scale * sd[architectures])

    def sample(self, architectures: Indices, count: int, seed: int) -> Floats:
        """Joint draws from the posterior, `count` of the whole function."""
        data, generator = self.posterior.data, np.random.default_rng(seed)
        draws = (self.posterior.draw(generator)[architectures] for _ in range(count))
        return data.centre + data.scale * np.asarray(list(draws), dtype=np.float64).reshape(count, -1)

    def save(self, folder: Path) -> None:
        settings, arrays = archive.observations_to(self.posterior.data)
        archive.write(folder, self.name, settings, arrays | {"variances": self.posterior.variances})

    @classmethod
    def load(cls, folder: Path) -> Self:
        return cls.of(*archive.read(folder, cls.name))

    @classmethod
    def of(cls, settings: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The one that `save` took these from."""
        loaded = cls()
        loaded._become(Posterior(arrays["variances"], archive.observations_from(settings, arrays)))
        return loaded

    @property
    def posterior(self) -> Posterior:
        """Raises `RequestError` before `fit`."""
        if self._posterior is None:
            raise RequestError(f"the predictor {self.name} has not been fitted; call fit() or load()")
        return self._posterior

    @cached_property
    def _everywhere(self) -> tuple[Floats, Floats]:
        with one_thread():
            return self.posterior.mean(), np.sqrt(self.posterior.variance())

    def _become(self, posterior: Posterior) -> None:
        self._posterior = posterior
        self.__dict__.pop("_everywhere", None)


class GaussianProcess(_Effects):
    """Main effects and pairs with a variance for every slot and every pair, and a residual of each block's own."""

    name = "gp"
    layout = _of_slots()


class LinearModel(_Effects):
    """Main effects and pairs with one variance for each order, and a residual of each block's own."""

    name = "linear"
    layout = _of_orders()
