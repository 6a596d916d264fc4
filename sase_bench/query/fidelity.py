"""How early a training tells which blocks are best: what a search that stops runs early can count on."""

from __future__ import annotations

from math import fsum, isnan

import numpy as np
from numpy.typing import NDArray

from sase_bench.answers import Answer
from sase_bench.errors import RequestError
from sase_bench.query.columns import fields
from sase_bench.query.language import Fidelity
from sase_bench.query.metrics import METRICS
from sase_bench.query.relation import relation_on
from sase_bench.query.source import Source
from sase_bench.statistics.correlation import spearman, spearman_interval

__all__ = ["fidelity"]

_ALONG_A_CURVE = ("top1", "loss", "train_loss")


def fidelity(query: Fidelity, source: Source) -> Answer:
    """After each epoch Spearman's correlation of the blocks' means with those after the last epoch, over the same seeds.

    The noise of a run is in both scores, as it is for a search that goes on with the runs it began. `share` is of the seconds
    of a run.
    """
    measured, metric = relation_on(source, query.selection.on, query.selection.space), query.metric
    if metric.name not in _ALONG_A_CURVE:
        raise RequestError(f"only {', '.join(_ALONG_A_CURVE)} are known after every epoch, got {metric.name}")
    column = metric.val_column
    chosen = [arch for (arch,) in measured.rows(["arch"], query.selection, metric, tail="ORDER BY arch")]
    points = source.rows(
        f"""
        SELECT epoch, list(score ORDER BY arch), list(seconds ORDER BY arch) FROM (
            SELECT arch, epoch, avg(epochs.{column} ORDER BY seed) AS score, avg(epochs.seconds ORDER BY seed) AS seconds
            FROM epochs JOIN {source.runs} AS runs USING (arch, proxy, seed)
            WHERE proxy = ? AND status = 'ok' AND list_contains(?::BIGINT[], arch) GROUP BY arch, epoch
        ) GROUP BY epoch ORDER BY epoch
        """,
        [measured.proxy, chosen],
    )
    if not points:
        raise RequestError(f"no block that fits has a curve on the proxy {measured.proxy}")
    scores = np.asarray([values for _, values, _ in points], dtype=np.float64)  # (epochs, blocks)
    spent = np.cumsum([fsum(seconds) for _, _, seconds in points])  # exact, whatever the order of the blocks
    rows = [
        (measured.proxy, column, scores.shape[1], epoch, float(share), *_agreement(values, scores[-1]))
        for (epoch, _, _), values, share in zip(points, scores, spent / spent[-1], strict=True)
    ]
    names = ("proxy", "metric", "blocks", "epoch", "share", "correlation", "low", "high")
    note = "correlation: Spearman's of the means after an epoch with those after the last; low and high: 95 % interval"
    return Answer(fields=fields(*names), rows=tuple(rows), notes=(*measured.notes_on(METRICS[metric.name]), note), shared=3)


def _agreement(early: NDArray[np.float64], last: NDArray[np.float64]) -> tuple[float | None, float | None, float | None]:
    """Spearman's correlation and its interval, None where they are not defined."""
    r = spearman(early, last)
    if isnan(r):
        return None, None, None
    return r, *(spearman_interval(r, len(early)) or (None, None))
