"""The scores of a proxy as arrays: blocks by seeds, straight from a table."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
from numpy.typing import NDArray

from sase_bench.errors import RequestError

__all__ = ["METRICS", "Panel", "panel"]

#: What can be scored, each as SQL over the curve of a run; all of them see training and validation images only.
METRICS: dict[str, str] = {
    "val_loss": "max_by(val_loss, epoch)",
    "val_top1": "max_by(val_top1, epoch)",
    "train_loss": "max_by(train_loss, epoch)",
    "sum_train_loss": "sum(train_loss)",  # training-speed estimation, arXiv 2006.04492
    "sum_val_loss": "sum(val_loss)",
}


@dataclass(frozen=True)
class Panel:
    """Blocks that all ended ok with the same seeds."""

    archs: tuple[int, ...]  # k indices
    seeds: tuple[int, ...]  # s seeds
    scores: dict[str, NDArray[np.float64]]  # by metric, (k, s)
    diverged: int  # runs of these seeds without a score, and the blocks they belong to are left out
    runs: int  # runs of these seeds
    seconds: float  # median wall-clock time of a run, training and evaluation

    def restrict(self, archs: tuple[int, ...]) -> Panel:
        """The same for some of the blocks, in the order given."""
        rows = [self.archs.index(arch) for arch in archs]
        scores = {name: values[rows] for name, values in self.scores.items()}
        return Panel(archs, self.seeds, scores, self.diverged, self.runs, self.seconds)


def panel(table: duckdb.DuckDBPyConnection, proxy: str, seeds: tuple[int, ...] | None = None) -> Panel:
    """The largest complete panel of `proxy` in an open table: all blocks that have every seed that any block has.

    Raises `RequestError` if there are no such blocks.
    """
    if seeds is None:
        found = table.execute("SELECT DISTINCT seed FROM runs WHERE proxy = ? ORDER BY seed", [proxy]).fetchall()
        seeds = tuple(seed for (seed,) in found)
    columns = ", ".join(f"{sql} AS {name}" for name, sql in METRICS.items())
    rows = table.execute(
        f"SELECT arch, seed, status, {columns} FROM epochs JOIN (SELECT arch, proxy, seed, status FROM runs) "
        "USING (arch, proxy, seed) WHERE proxy = ? AND list_contains(?::BIGINT[], seed) "
        "GROUP BY arch, seed, status ORDER BY arch, seed",
        [proxy, list(seeds)],
    ).fetchall()
    by_arch: dict[int, list[tuple[object, ...]]] = {}
    for arch, _, status, *values in rows:
        if status == "ok":
            by_arch.setdefault(arch, []).append(tuple(values))
    complete = {arch: values for arch, values in by_arch.items() if len(values) == len(seeds)}
    if not complete:
        raise RequestError(f"no block has been measured on {proxy} with all of the seeds {seeds or 'asked for'}")
    cube = np.asarray(list(complete.values()), dtype=np.float64)  # (k, s, metric)
    counts = "count(*), count(*) FILTER (status <> 'ok'), median(train_seconds + eval_seconds)"
    where = "WHERE proxy = ? AND list_contains(?::BIGINT[], seed)"
    runs, diverged, seconds = table.execute(f"SELECT {counts} FROM runs {where}", [proxy, list(seeds)]).fetchone() or (
        0,
        0,
        0.0,
    )
    scores = {name: cube[:, :, i] for i, name in enumerate(METRICS)}
    return Panel(tuple(complete), seeds, scores, diverged, runs, float(seconds))
