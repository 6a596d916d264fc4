"""What predictors learn: one score for each measured block, with the sd of its error, from the runs of a table.

Notation: y_bs is the score of block b with seed s, and the model is that of `sase_bench.statistics.reliability`,
y_bs = m_b + c_s + e_bs. The target is m_b with the seeds' c_s taken out, which matters only where blocks have different seeds.
The variance of e is a block's own, but three seeds say little about it; it is drawn towards that of all blocks by the weight
that the spread of the variances themselves supports (moderated variances: Smyth 2004, doi 10.2202/1544-6115.1027).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from sase_bench.benchmark import Measured
from sase_bench.errors import RequestError, unknown
from sase_bench.predictors.protocol import Floats, Indices
from sase_bench.space import Space

__all__ = ["METRICS", "Targets", "moderated", "targets"]

#: The scores that can be predicted.
METRICS = ("val_loss", "val_top1")

_SWEEPS = 50  # of alternating means; the fit is exact at once where every block has every seed


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
        """Of blocks, targets and counts, as little-endian numbers of 64 bits."""
        parts = self.archs.astype("<i8"), self.y.astype("<f8"), self.counts.astype("<i8")
        return hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()

    def rows(self, archs: Indices) -> Indices:
        """Where these blocks stand."""
        return np.searchsorted(self.archs, archs)


def targets(measured: Measured, metric: str, space: str = "full") -> Targets:
    """The targets of all blocks in `space` with a run that ended ok. Raises `RequestError` if there are none."""
    if metric not in METRICS:
        raise unknown("metric", metric, METRICS)
    scores = measured.scores(metric)
    counts = np.isfinite(scores).sum(1)
    chosen = (counts > 0) & np.isin(measured.archs, Space(space).indices)
    if not chosen.any():
        raise RequestError(f"no block of the {space} space has a run on {measured.proxy} that ended ok")
    scores, counts = scores[chosen], counts[chosen]
    own, shared = _two_way(scores)
    residual = scores - own[:, None] - shared
    freedom = counts - 1
    spent = int((np.isfinite(scores).sum(0) > 0).sum()) - 1  # degrees of freedom that the seeds' means take
    noise = None
    if freedom.sum() > spent:
        with np.errstate(invalid="ignore", divide="ignore"):
            variances = np.nansum(residual**2, axis=1) / freedom * (freedom.sum() / (freedom.sum() - spent))
        noise = np.sqrt(moderated(variances, freedom) / counts)
    return Targets(measured.proxy, metric, space, measured.archs[chosen], own, noise, counts.astype(np.int64), scores)


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


def _two_way(scores: Floats) -> tuple[Floats, Floats]:
    """m (k,) and c (s,) by least squares, c with mean 0 over the runs."""
    there = np.isfinite(scores)
    filled, per_block, per_seed = np.where(there, scores, 0.0), there.sum(1), np.maximum(there.sum(0), 1)
    shared = np.zeros(scores.shape[1])
    own = filled.sum(1) / per_block
    for _ in range(_SWEEPS):
        shared = np.where(there, scores - own[:, None], 0.0).sum(0) / per_seed
        shared -= (shared * there.sum(0)).sum() / there.sum()
        fresh = np.where(there, scores - shared, 0.0).sum(1) / per_block
        if np.allclose(fresh, own, rtol=0, atol=1e-12):
            break
        own = fresh
    return own, shared
