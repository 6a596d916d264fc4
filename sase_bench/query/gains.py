"""How far blocks and published modules are ahead of one another on a proxy, by the noise of all of its runs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sase_bench.query.metrics import Metric
from sase_bench.query.relation import Relation
from sase_bench.query.together import is_shared
from sase_bench.statistics.effects import separate
from sase_bench.statistics.means import spread

__all__ = ["Gain", "Gains"]


class Gain(NamedTuple):
    """Larger is better whatever the metric, in its unit; with a 95 % interval. None where it is not known."""

    value: float | None = None
    low: float | None = None
    high: float | None = None


class Gains:
    """Differences in a metric of runs: between means without the seeds' levels, so that none gains by seeds that went well."""

    def __init__(self, measured: Relation, metric: Metric) -> None:
        archs, _, self._scores = measured.scores(metric.column(test=measured.source.test), with_modules=True)
        self._metric, self._row = metric, {arch: row for row, arch in enumerate(archs)}
        self._effects = separate(self._scores)

    def over(self, one: int, other: int) -> Gain:
        """How far the block or module with the index `one` is ahead of `other`; of shared times without interval."""
        if one == other or not {one, other} <= self._row.keys():
            return Gain()
        rows = self._row[one], self._row[other]
        if is_shared(self._metric):
            differences = np.subtract(*self._scores[rows, :])
            mean, _ = spread(differences[np.isfinite(differences)].tolist())
            return Gain(None if mean is None else -self._metric.sign * mean)
        told = self._effects.difference(*rows)
        if told is None:
            return Gain()
        difference, error = told
        gain = -self._metric.sign * difference
        return Gain(gain, gain - error.half_width, gain + error.half_width)
