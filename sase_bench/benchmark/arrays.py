"""The runs of one proxy as arrays: read from the table once, then never asked again.

Notation: k architectures in ascending order of index, s seeds in ascending order, e epochs. A score that is missing, because
the run was not made or did not end ok, is nan in the arrays and None in a `Result`; nothing fills it in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sase_bench.record import STATUSES
from sase_bench.space import Space

if TYPE_CHECKING:
    import duckdb

__all__ = ["Measured", "Result", "measured", "only"]

Floats = NDArray[np.float64]


class Result(NamedTuple):
    """What is known of one architecture on one proxy, validation only."""

    arch: int
    proxy: str
    epoch: int  # after which the scores were taken
    seeds: tuple[int, ...]  # that the scores are the mean of
    val_loss: float | None  # nat, smaller is better
    val_top1: float | None  # fraction 0..1, larger is better
    train_loss: float | None  # nat
    seconds: float | None  # training and validation up to that epoch, mean over the seeds
    diverged: int  # runs of this architecture whose loss was not finite
    failed: int  # runs that ended with an error


@dataclass(frozen=True)
class Measured:
    """All runs of one proxy. Curves have the shape (k, s, e); the last epoch of a run that ended ok is its score."""

    proxy: str
    archs: NDArray[np.int64]  # (k,)
    seeds: NDArray[np.int64]  # (s,)
    val_loss: Floats
    val_top1: Floats
    train_loss: Floats
    seconds: Floats  # of each epoch
    status: NDArray[np.int8]  # (k, s): place in `STATUSES`, -1 where there is no run
    cost: Floats  # (k, s): seconds of the whole run, however it ended
    test_loss: Floats  # (k, s); private to `Benchmark.reveal`
    test_top1: Floats
    row: NDArray[np.int32]  # index in the full space → row, -1 where it was not measured

    @property
    def epochs(self) -> int:
        return int(self.val_loss.shape[2])

    @property
    def runs(self) -> int:
        return int((self.status >= 0).sum())

    def means(self, metric: str) -> Floats:
        """Mean of `metric` after the last epoch over the seeds that ended ok, shape (k,); nan where there is none."""
        return mean_over_seeds(getattr(self, metric)[:, :, -1])

    def counts(self) -> NDArray[np.int64]:
        """Seeds that ended ok, shape (k,)."""
        return np.asarray((self.status == 0).sum(1), dtype=np.int64)


def mean_over_seeds(values: Floats) -> Floats:
    """Means along axis 1 over what is not nan; nan where nothing is left."""
    counts = np.isfinite(values).sum(1)
    sums = np.nansum(values, axis=1)
    means: Floats = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    return means


def only(value: float) -> float | None:
    """None for nan."""
    return None if np.isnan(value) else float(value)


def measured(table: duckdb.DuckDBPyConnection, proxy: str) -> Measured:
    """The runs of `proxy` in an open table; empty arrays if there are none."""
    runs = table.execute(
        "SELECT arch, seed, status, train_seconds + eval_seconds AS cost, test_loss, test_top1 FROM runs WHERE proxy = ?",
        [proxy],
    ).fetchnumpy()
    archs, rows = np.unique(runs["arch"].astype(np.int64), return_inverse=True)
    seeds, columns = np.unique(runs["seed"].astype(np.int64), return_inverse=True)
    shape = (len(archs), len(seeds))
    status = np.full(shape, -1, dtype=np.int8)
    status[rows, columns] = [STATUSES.index(name) for name in runs["status"]]
    (epochs,) = table.execute("SELECT epochs FROM proxies WHERE proxy = ?", [proxy]).fetchone() or (0,)
    row = np.full(len(Space("full")), -1, dtype=np.int32)
    row[archs] = np.arange(len(archs), dtype=np.int32)
    names = ("val_loss", "val_top1", "train_loss", "seconds")
    curves = table.execute(
        f"SELECT arch, seed, epoch, {', '.join(f'epochs.{name}' for name in names)} "
        "FROM epochs JOIN (SELECT arch, proxy, seed FROM runs WHERE status = 'ok') USING (arch, proxy, seed) WHERE proxy = ?",
        [proxy],
    ).fetchnumpy()
    places = row[curves["arch"]], np.searchsorted(seeds, curves["seed"]), curves["epoch"] - 1
    cubes = {name: np.full((*shape, epochs), np.nan) for name in names}
    for name, cube in cubes.items():
        cube[places] = _floats(curves[name])
    matrices = {name: np.full(shape, np.nan) for name in ("cost", "test_loss", "test_top1")}
    for name, matrix in matrices.items():
        matrix[rows, columns] = _floats(runs[name])
    return Measured(proxy=proxy, archs=archs, seeds=seeds, status=status, row=row, **cubes, **matrices)


def _floats(column: NDArray[np.float64]) -> Floats:
    """A column as DuckDB gives it, masked where it is missing, with nan there."""
    filled: Floats = np.ma.filled(np.ma.asarray(column, dtype=np.float64), np.nan)
    return filled
