"""The runs of one proxy as arrays: read from the table once, then never asked again.

Notation: k architectures in ascending order of index, s seeds in ascending order, e epochs. A score that is missing, because
the run was not made or did not end ok, is nan in the arrays and None in a `Result`; nothing fills it in.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sase_bench.benchmark.arguments import whole_numbers
from sase_bench.errors import RequestError, unknown
from sase_bench.recipes.registry import metric_of
from sase_bench.record import COLUMNS, EPOCH_COLUMNS, OBJECTIVES, STATUSES, Column
from sase_bench.space import Space
from sase_bench.statistics.panels import most_informative

if TYPE_CHECKING:
    import duckdb

__all__ = ["METRICS", "Measured", "Ranking", "Result", "mean_over_seeds", "measured", "only", "pick"]

Floats = NDArray[np.float64]

#: The scores of a `Result` in order, with their units and directions; `seconds` is the time up to an epoch.
METRICS: dict[str, Column] = {
    **{name: COLUMNS[name] for name in OBJECTIVES},
    "seconds": EPOCH_COLUMNS["seconds"],
}


class Result(NamedTuple):
    """What is known of one architecture on one proxy, validation only. `METRICS` has units and directions for programs."""

    arch: int
    proxy: str
    epoch: int  # after which the scores were taken
    seeds: tuple[int, ...]  # that the scores are the mean of
    val_loss: float | None  # nat, smaller is better
    val_top1: float | None  # fraction 0..1, larger is better
    train_loss: float | None  # nat, smaller is better
    seconds: float | None  # training and validation up to that epoch, mean over the seeds
    diverged: int  # runs of this architecture whose loss was not finite
    failed: int  # runs that ended with an error


class Ranking(NamedTuple):
    """Blocks in the order of a metric, each by the same seeds: those that tell most of the blocks (`most_informative`)."""

    seeds: NDArray[np.int64]  # (p,)
    values: Floats  # (k,) mean over these seeds, of those that ended ok; nan where none did, or the block was not asked about
    rows: NDArray[np.int64]  # of the blocks with a score for each of the seeds, best first; of equals the smaller index


@dataclass(frozen=True)
class Measured:
    """All runs of one proxy. Curves have the shape (k, s, e); the last epoch of a run that ended ok is its score.

    Nothing can be written into the arrays, or into what the methods give: all answers come from them.
    """

    proxy: str
    archs: NDArray[np.int64]  # (k,)
    seeds: NDArray[np.int64]  # (s,)
    val_loss: Floats
    val_top1: Floats
    train_loss: Floats
    seconds: Floats  # of each epoch
    status: NDArray[np.int8]  # (k, s): place in `STATUSES`, -1 where there is no run
    run_seconds: Floats  # (k, s): of the whole run, however it ended
    row: NDArray[np.int32]  # index in the full space → row, -1 where it was not measured
    _test_loss: Floats = field(repr=False)  # (k, s); for `Benchmark.reveal`, which counts who looks
    _test_top1: Floats = field(repr=False)

    def __post_init__(self) -> None:
        _freeze(vars(self).values())

    def __setstate__(self, state: dict[str, Any]) -> None:
        """From a pickle, where arrays come back as ones that can be written into."""
        vars(self).update(state)
        _freeze([*vars(self).values(), *state.get("_answers", {}).values()])

    @property
    def epochs(self) -> int:
        return int(self.val_loss.shape[2])

    @property
    def runs(self) -> int:
        return int((self.status >= 0).sum())

    def metric(self, name: str | None = None) -> str:
        """What blocks are ranked by: `name` if it is one of `OBJECTIVES`, for None what the proxy is to be trusted in most.

        Raises `RequestError` for any other.
        """
        if name is None:
            return metric_of(self.proxy)
        if name not in OBJECTIVES:
            raise unknown("metric", name, OBJECTIVES)
        return name

    def scores(self, metric: str) -> Floats:
        """`metric` after the last epoch, shape (k, s); nan where there is none."""
        scores: Floats = getattr(self, metric)[:, :, -1]
        return scores

    def means(self, metric: str) -> Floats:
        """Mean of `metric` after the last epoch over the seeds that ended ok, shape (k,); nan where there is none."""
        return self.answers(metric)[:, -1, -1]

    def ranking(self, metric: str, rows: NDArray[np.integer[Any]] | None = None) -> Ranking:
        """Of `rows`, by default all, those that can be compared, from the best to the worst: the first one is the oracle.

        A block without a score for each of the seeds has a value and no place, so that none wins by a single lucky seed.
        Raises `RequestError` if no run of theirs ended ok.
        """
        chosen = np.unique(np.arange(len(self.archs)) if rows is None else rows).astype(np.int64)
        scored = self.is_ok[chosen]
        columns = most_informative(scored)
        if not len(columns):
            raise RequestError(f"no run on {self.proxy} ended ok")
        values = np.full(len(self.archs), np.nan)
        values[chosen] = mean_over_seeds(self.scores(metric)[chosen][:, columns])
        competing = chosen[scored[:, columns].all(1)]
        order = competing[np.argsort(COLUMNS[metric].sign * values[competing], kind="stable")]
        _freeze([values, order])
        return Ranking(self.seeds[columns], values, order)

    def complete(self, archs: Set[int]) -> Measured:
        """The same of some blocks, with the seeds that tell most of them (`most_informative`), and of those with each of these.

        So no block is measured better than another; a run that diverged or failed is one that was made. Raises `RequestError`
        if no run of theirs was.
        """
        rows = self.row[np.asarray(sorted(archs), dtype=np.int64)]
        made = self.status[rows[rows >= 0]] >= 0
        columns = most_informative(made)
        kept = rows[rows >= 0][made[:, columns].all(1)]
        if not len(columns) or not len(kept):
            raise RequestError(f"none of these {len(archs)} blocks has a run on {self.proxy}")
        row = np.full_like(self.row, -1)
        row[self.archs[kept]] = np.arange(len(kept))
        cubes = ("val_loss", "val_top1", "train_loss", "seconds", "status", "run_seconds", "_test_loss", "_test_top1")
        cut = {name: getattr(self, name)[kept][:, columns] for name in cubes}
        return replace(self, archs=self.archs[kept], seeds=self.seeds[columns], row=row, **cut)

    def counts(self) -> NDArray[np.int64]:
        """Seeds that ended ok, shape (k,)."""
        return np.asarray(self.is_ok.sum(1), dtype=np.int64)

    def answers(self, metric: str) -> Floats:
        """`metric` of `METRICS` by architecture, seed and epoch, and last their means over the seeds: shape (k, s + 1, e)."""
        answers: Floats = self._answers[metric]
        return answers

    @cached_property
    def _answers(self) -> dict[str, Floats]:
        curves = {name: getattr(self, name) for name in METRICS} | {"seconds": np.cumsum(self.seconds, axis=2)}
        answers = {name: np.concatenate([cube, mean_over_seeds(cube)[:, None]], axis=1) for name, cube in curves.items()}
        _freeze(answers.values())
        return answers

    @cached_property
    def columns(self) -> dict[int, int]:
        """Seed → its place in `seeds`."""
        return {seed: column for column, seed in enumerate(self.seeds.tolist())}

    @cached_property
    def is_ok(self) -> NDArray[np.bool_]:
        """Which runs ended with a score, shape (k, s)."""
        ended: NDArray[np.bool_] = self.status == STATUSES.index("ok")
        _freeze([ended])
        return ended

    @cached_property
    def seeds_ok(self) -> list[tuple[int, ...]]:
        """The seeds that ended ok, by row."""
        numbers = self.seeds.tolist()
        return [tuple(seed for seed, ok in zip(numbers, row, strict=True) if ok) for row in self.is_ok.tolist()]

    @cached_property
    def unscored(self) -> NDArray[np.int64]:
        """Runs that diverged, and runs that failed, by row and seed and last over all seeds: shape (2, k, s + 1)."""
        by_seed = np.stack([self.status == STATUSES.index(name) for name in ("diverged", "failed")]).astype(np.int64)
        return np.concatenate([by_seed, by_seed.sum(2, keepdims=True)], axis=2)


def _freeze(values: Iterable[Any]) -> None:
    for value in values:
        if isinstance(value, np.ndarray):
            value.setflags(write=False)


def mean_over_seeds(values: Floats) -> Floats:
    """Means along axis 1 over what is not nan; nan where nothing is left."""
    counts = np.isfinite(values).sum(1)
    sums = np.nansum(values, axis=1)
    means: Floats = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    return means


def pick(table: Measured, metric: str, archs: NDArray[np.integer[Any]], at: ArrayLike | None, seed: ArrayLike | None) -> Floats:
    """`metric` of n architectures, shape (n,), after epoch `at` and with `seed` (None: the last one, and the mean over seeds).

    nan for a run that has no score. Raises `RequestError` for the first architecture, epoch or run that was not measured.
    """
    outside = archs[(archs < 0) | (archs >= len(table.row))]
    if outside.size:
        raise RequestError(f"an architecture's index lies in 0..{len(table.row) - 1}, got {outside[0]}")
    rows = table.row[archs]
    if (rows < 0).any():
        raise RequestError(f"architecture {archs[rows < 0][0]} was not measured on {table.proxy}")
    epochs = whole_numbers(table.epochs if at is None else at, "at", rows.shape)
    unknown_epochs = epochs[(epochs < 1) | (epochs > table.epochs)]
    if unknown_epochs.size:
        raise RequestError(f"{table.proxy} has the epochs 1..{table.epochs}, got {unknown_epochs[0]}")
    columns = np.asarray(-1)
    if seed is not None:
        seeds = whole_numbers(seed, "seed", rows.shape)
        columns = np.minimum(np.searchsorted(table.seeds, seeds), len(table.seeds) - 1)
        missing = (table.seeds[columns] != seeds) | (table.status[rows, columns] < 0)
        if missing.any():
            raise RequestError(f"run ({archs[missing][0]}, seed {seeds[missing][0]}) is not in {table.proxy}")
    scores: Floats = table.answers(metric)[rows, columns, epochs - 1]
    return scores


def only(value: float) -> float | None:
    """None for nan."""
    return None if value != value else float(value)  # nan alone differs from itself; `isnan` takes ten times as long


def measured(table: duckdb.DuckDBPyConnection, proxy: str) -> Measured:
    """The runs of `proxy` in an open table; empty arrays if there are none.

    Raises `RequestError` where runs have no recipe, or an epoch that their recipe has not.
    """
    last = ("val_loss", "val_top1", "train_loss")
    runs: dict[str, Any] = table.execute(
        f"SELECT arch, seed, status, train_seconds + eval_seconds AS run_seconds, test_loss, test_top1, {', '.join(last)} "
        "FROM runs WHERE proxy = ?",
        [proxy],
    ).fetchnumpy()
    archs, rows = np.unique(runs["arch"].astype(np.int64), return_inverse=True)
    seeds, columns = np.unique(runs["seed"].astype(np.int64), return_inverse=True)
    shape = (len(archs), len(seeds))
    status = np.full(shape, -1, dtype=np.int8)
    status[rows, columns] = [STATUSES.index(name) for name in runs["status"]]
    (epochs,) = table.execute("SELECT epochs FROM proxies WHERE proxy = ?", [proxy]).fetchone() or (0,)
    if len(rows) and not epochs:
        raise RequestError(f"{proxy} has runs and no recipe; python -m sase_bench.database check says what else is missing")
    row = np.full(len(Space("full")), -1, dtype=np.int32)
    row[archs] = np.arange(len(archs), dtype=np.int32)
    cubes = {name: np.full((*shape, epochs), np.nan) for name in (*last, "seconds")}
    points: dict[str, Any] = table.execute(  # what was seen before a run ended badly is no score
        f"SELECT arch, seed, epoch, {', '.join(f'epochs.{name}' for name in cubes)} FROM epochs JOIN runs "
        "USING (arch, proxy, seed) WHERE proxy = ? AND status = 'ok'",
        [proxy],
    ).fetchnumpy()
    _check_epochs(points["epoch"], proxy, epochs)
    places = row[points["arch"]], np.searchsorted(seeds, points["seed"]), points["epoch"] - 1
    ended = status[rows, columns] == STATUSES.index("ok")
    for name, cube in cubes.items():
        cube[places] = _floats(points[name])
        if name in last and ended.any():  # a query goes by the columns too, and a run may have no curve
            cube[rows[ended], columns[ended], -1] = _floats(runs[name])[ended]
    matrices = {name: np.full(shape, np.nan) for name in ("run_seconds", "test_loss", "test_top1")}
    for name, matrix in matrices.items():
        matrix[rows, columns] = _floats(runs[name])
    told = {"run_seconds": matrices["run_seconds"], "_test_loss": matrices["test_loss"], "_test_top1": matrices["test_top1"]}
    return Measured(proxy=proxy, archs=archs, seeds=seeds, status=status, row=row, **cubes, **told)


def _check_epochs(found: NDArray[np.int64], proxy: str, epochs: int) -> None:
    outside = found[(found < 1) | (found > epochs)]
    if outside.size:
        way_out = "python -m sase_bench.database check names such runs"
        raise RequestError(f"a run on {proxy} has the epoch {outside[0]}, its recipe has 1..{epochs}; {way_out}")


def _floats(column: Any) -> Floats:
    """A column as DuckDB gives it, masked where it is missing, with nan there."""
    filled: Floats = np.ma.filled(np.ma.asarray(column, dtype=np.float64), np.nan)
    return filled
