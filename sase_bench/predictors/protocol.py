"""What every predictor is: the protocol, and the observations that one is fitted on.

An architecture is its index in the full space. A predictor takes scores in any unit and in any direction; it standardises
them itself and answers in the unit that it was given.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from sase_bench.errors import RequestError
from sase_bench.space import Space

__all__ = ["Fittable", "Floats", "Indices", "Observations", "Prediction", "Predictor"]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


class Prediction(NamedTuple):
    """What is expected of n architectures, in the unit of the scores that the predictor was fitted on."""

    mean: Floats  # (n,)
    sd: Floats  # (n,), of the block's true value; the noise of a measurement is not in it


class Fittable(Protocol):
    """Learns scores of some architectures and predicts those of others."""

    def fit(self, architectures: Indices, y: Floats, noise: Floats | None = None) -> Self:
        """Learn the scores y (n,) of the architectures (n,); an architecture may come several times.

        `noise` (n,) is the standard deviation of each score's own measurement error. Without it one error for all scores is
        estimated where the model can, and is otherwise part of the predictions' sd.
        """

    def predict(self, architectures: Indices) -> Prediction: ...


class Predictor(Fittable, Protocol):
    """One that can also be drawn from, and kept."""

    name: ClassVar[str]

    def sample(self, architectures: Indices, count: int, seed: int) -> Floats:
        """`count` draws of the function at n architectures, shape (count, n); the same for the same seed."""

    def save(self, folder: Path) -> None:
        """Write the fitted predictor into `folder`, which is made; JSON and arrays, nothing that runs when it is read."""

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The predictor that `save` wrote."""


@dataclass(frozen=True)
class Observations:
    """Checked scores with mean 0 and standard deviation 1; y = centre + scale · standardised."""

    architectures: Indices  # (n,)
    y: Floats  # (n,), standardised
    noise: Floats | None  # (n,), in units of `scale`
    centre: float
    scale: float

    @classmethod
    def of(cls, architectures: Indices, y: Floats, noise: Floats | None) -> Observations:
        """Raises `RequestError` for less than two scores, for shapes that differ and for numbers that cannot be."""
        indices, values = np.asarray(architectures, dtype=np.int64), np.asarray(y, dtype=np.float64)
        errors = None if noise is None else np.asarray(noise, dtype=np.float64)
        shapes = [part.shape for part in (indices, values, errors) if part is not None]
        if len(set(shapes)) != 1 or len(shapes[0]) != 1 or shapes[0][0] < 2:
            raise RequestError(f"a predictor is fitted on two or more scores, one an architecture, got the shapes {shapes}")
        if indices.min() < 0 or indices.max() >= len(Space("full")):
            raise RequestError(
                f"an architecture's index lies in 0..{len(Space('full')) - 1}, got {indices.min()}..{indices.max()}"
            )
        if not np.isfinite(values).all():
            raise RequestError(
                f"scores are finite, got {int((~np.isfinite(values)).sum())} that are not; leave those blocks out"
            )
        if errors is not None and not (np.isfinite(errors).all() and (errors >= 0).all()):
            raise RequestError("the noise of a score is a standard deviation, got one that is negative or not finite")
        centre, scale = float(values.mean()), float(values.std())
        scale = scale if scale > 1e-12 * max(1.0, abs(centre)) else 1.0  # all scores are equal
        standardised = None if errors is None else errors / scale
        return cls(indices, (values - centre) / scale, standardised, centre, scale)

    def __len__(self) -> int:
        return len(self.y)

    def some(self, rows: Indices) -> Observations:
        """These rows only, on the same scale."""
        noise = None if self.noise is None else self.noise[rows]
        return replace(self, architectures=self.architectures[rows], y=self.y[rows], noise=noise)

    def noise_or(self, value: float) -> Floats:
        """The noise (n,), or `value` for every score where none is known."""
        return np.full(len(self), value) if self.noise is None else self.noise
