"""What predictors learn: one score for each measured block, with the sd of its error, from the runs of a table.

Notation: score y_bs of block b with seed s is m_b + c_s + e_bs, as in `sase_bench.statistics.effects`. The target is m_b; that
the seeds' c_s are taken out of it matters only where blocks have different seeds. The variance of e is a block's own, but three
seeds say little about it; it is drawn towards that of all blocks by the weight that the spread of the variances themselves
supports (moderated variances: Smyth 2004, doi 10.2202/1544-6115.1027).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from sase_bench.benchmark import Measured
from sase_bench.errors import RequestError, unknown
from sase_bench.predictors.protocol import Floats, Indices
from sase_bench.record import SCORES
from sase_bench.space import Space, representative
from sase_bench.statistics.effects import separate

__all__ = ["Targets", "moderated", "targets"]


@dataclass(frozen=True)
class Targets:
    """k measured blocks in ascending order of index."""

    proxy: str
    metric: str
    space: str
    archs: Indices  # (k,)
    y: Floats  # (k,), in the unit of the metric
    noise: Floats | None  # (k,), sd of y's own error; None if no block has two seeds
    counts: Indices  # (k,), seeds that y is the mean of
    scores: Floats  # (k, s), nan where there is none

    @property
    def sha256(self) -> str:
        """Of blocks and scores, as little-endian numbers of 64 bits; the last bit of a fitted target is the processor's."""
        parts = self.archs.astype("<i8"), self.scores.astype("<f8")
        return hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()

    def representative(self) -> Targets:
        """Those of the blocks that stand for the space: what a person or a search chose is left out where most were drawn."""
        rows = self.rows(np.asarray(sorted(representative(set(self.archs.tolist()))), dtype=np.int64))
        noise = None if self.noise is None else self.noise[rows]
        return replace(
            self, archs=self.archs[rows], y=self.y[rows], noise=noise, counts=self.counts[rows], scores=self.scores[rows]
        )

    def rows(self, archs: Indices) -> Indices:
        """Where these blocks stand."""
        return np.searchsorted(self.archs, archs)


def targets(measured: Measured, metric: str, space: str = "full") -> Targets:
    """The targets of all blocks in `space` with a run that ended ok. Raises `RequestError` if there are none."""
    if metric not in SCORES:
        raise unknown("metric", metric, SCORES)
    scores = measured.scores(metric)
    counts = np.isfinite(scores).sum(1)
    chosen = (counts > 0) & np.isin(measured.archs, Space(space).indices)
    if not chosen.any():
        raise RequestError(f"no block of the {space} space has a run on {measured.proxy} that ended ok")
    scores, counts = scores[chosen], counts[chosen]
    found, noise = separate(scores), None
    if found.noise is not None:
        freedom = counts - 1  # of which the seeds' levels have taken some, from all blocks alike
        with np.errstate(invalid="ignore", divide="ignore"):
            variances = np.nansum(found.residuals**2, axis=1) / freedom * (freedom.sum() / found.noise.degrees)
        noise = np.sqrt(moderated(variances, freedom) / counts)
    archs = measured.archs[chosen]
    return Targets(measured.proxy, metric, space, archs, found.means, noise, counts.astype(np.int64), scores)


def moderated(variances: Floats, freedom: Indices) -> Floats:
    """Variances (k,) with `freedom` degrees of freedom (k,), drawn towards a common one; just that one where there are none.

    log s² is moment-matched: its spread beyond that of a χ² gives the prior's degrees of freedom, infinitely many if none.
    """
    from scipy.optimize import brentq
    from scipy.special import digamma, polygamma

    told = freedom > 0
    d, s2 = freedom[told].astype(np.float64), variances[told]
    pooled = float((d * s2).sum() / d.sum())
    logs = np.log(np.maximum(s2, 1e-6 * pooled)) - digamma(d / 2) + np.log(d / 2) if pooled > 0 else np.zeros(len(d))
    excess = float(logs.var(ddof=1) - polygamma(1, d / 2).mean()) if len(d) > 2 else 0.0
    found = np.full(len(variances), pooled)
    if excess > 1e-3:
        prior = 2 * brentq(lambda x: polygamma(1, x) - excess, 1e-3, 1e4)
        common = float(np.exp(logs.mean() + digamma(prior / 2) - np.log(prior / 2)))
        found[:] = common
        found[told] = (prior * common + d * s2) / (prior + d)
    return found
