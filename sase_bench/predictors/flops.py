"""What the FLOPs of a block predict of its score: alone, as a floor that needs no training, and beneath a Gaussian process.

A block that computes more tends to score better, and a count says how much it computes without a single run (Ning et al.,
arXiv 2008.03064, find parameters and FLOPs hard to beat among training-free scores). The slots add what operations of equal
cost differ by: the Gaussian process is fitted to what the line leaves.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import ClassVar, NamedTuple, Self

import numpy as np

from sase_bench.cost import DEFAULT_TRUNKS, count, find_trunk
from sase_bench.predictors import archive
from sase_bench.predictors.gaussian_process import GaussianProcess
from sase_bench.predictors.protocol import Floats, Indices, Observations, Prediction
from sase_bench.predictors.tables import digits
from sase_bench.trunk import Trunk

__all__ = ["FlopsLine", "GaussianProcessOverFlops"]

_RESIDUAL = 0.5  # variance about the line that is expected before any score is seen, in units of the scores' variance


class Line(NamedTuple):
    """A fitted line in the unit of the scores, over logarithms with mean 0 and standard deviation 1."""

    middle: float  # mean logarithm of the blocks it was fitted on
    level: float  # there
    slope: float
    sd: float  # of the blocks about the line
    slope_sd: float


class FlopsLine:
    """A straight line over the logarithm of the network's FLOPs, drawn towards a level one where scores are few."""

    name: ClassVar[str] = "flops"
    line: Line  # from `fit` on

    def __init__(self, *, seed: int = 0, trunk: Trunk | None = None) -> None:
        """`trunk` is the network whose FLOPs count, by default the ResNet-20 that the SASE paper searches in."""
        self.trunk = trunk or DEFAULT_TRUNKS[0]

    def fit(self, architectures: Indices, y: Floats, noise: Floats | None = None) -> Self:
        """Learn the scores y (n,) of the architectures (n,); those with less noise weigh more."""
        data = Observations.of(architectures, y, noise)
        x = _logarithms(self.trunk.name)[data.architectures]
        weight = _RESIDUAL / (_RESIDUAL + data.noise_or(0.0) ** 2)
        middle, level = (float(np.average(values, weights=weight)) for values in (x, data.y))
        # The posterior of a slope with a standard normal prior, x being standardised over all blocks.
        precision = float(weight @ (x - middle) ** 2) + _RESIDUAL
        slope = float(weight @ ((x - middle) * (data.y - level))) / precision
        residual = data.y - level - slope * (x - middle)
        variance = (float(weight @ residual**2) + _RESIDUAL) / float(weight.sum())
        sds = data.scale * variance**0.5, data.scale * (variance / precision) ** 0.5
        self.line = Line(middle, data.centre + data.scale * level, data.scale * slope, *sds)
        return self

    def predict(self, architectures: Indices) -> Prediction:
        """Mean and sd of n architectures: of the blocks about the line, and of the line's slope."""
        line, x = self.line, _logarithms(self.trunk.name)[architectures] - self.line.middle
        return Prediction(line.level + line.slope * x, np.hypot(line.sd, line.slope_sd * x))


class _Rest(GaussianProcess):
    """A Gaussian process on what a line leaves, which answers to the name of the whole."""

    name = "gp-flops"


class GaussianProcessOverFlops:
    """A line over the logarithm of the network's FLOPs, and the Gaussian process of `gp` on what it leaves."""

    name: ClassVar[str] = _Rest.name

    def __init__(self, *, seed: int = 0, trunk: Trunk | None = None) -> None:
        """`trunk` as in `FlopsLine`; best the one that the scores were measured in."""
        self.line, self.process = FlopsLine(trunk=trunk), _Rest(seed=seed)

    def fit(self, architectures: Indices, y: Floats, noise: Floats | None = None) -> Self:
        line = self.line.fit(architectures, y, noise).predict(np.asarray(architectures, dtype=np.int64))
        self.process.fit(architectures, np.asarray(y, dtype=np.float64) - line.mean, noise)
        return self

    def predict(self, architectures: Indices) -> Prediction:
        mean, sd = self.process.predict(architectures)
        return Prediction(self.line.predict(architectures).mean + mean, sd)

    def sample(self, architectures: Indices, count: int, seed: int) -> Floats:
        """Joint draws, `count` of the whole function; the line is the same in all of them."""
        drawn = self.process.sample(architectures, count, seed)
        return self.line.predict(architectures).mean + drawn

    def save(self, folder: Path) -> None:
        posterior = self.process.posterior
        settings, arrays = archive.observations_to(posterior.data)
        settings |= self.line.line._asdict() | {"trunk": self.line.trunk.name}
        archive.write(folder, self.name, settings, arrays | {"variances": posterior.variances})

    @classmethod
    def load(cls, folder: Path) -> Self:
        settings, arrays = archive.read(folder, cls.name)
        loaded = cls(trunk=find_trunk(str(settings["trunk"])))
        loaded.line.line = Line(*(float(settings[name]) for name in Line._fields))
        loaded.process = _Rest.of(settings, arrays)
        return loaded


@cache
def _logarithms(trunk: str) -> Floats:
    """Of the FLOPs of every block in the trunk, with mean 0 and standard deviation 1, (117649,)."""
    values = np.log(count(find_trunk(trunk), digits().astype(np.uint8)).flops.astype(np.float64))
    values = (values - values.mean()) / values.std()
    values.setflags(write=False)
    return np.asarray(values, dtype=np.float64)
