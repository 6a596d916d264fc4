"""`Benchmark`: the table behind a handful of questions that a search asks.

**Regret**, the one formula used everywhere: with a* the oracle of the same table, and m the mean of a metric after the last
epoch over the seeds of the ranking with which both a and a* have a score,

    regret(a) = m(a) - m(a*)  if smaller is better,    m(a*) - m(a)  if larger is better,

in the unit of the metric, 0 for the oracle. Some seeds are kinder than others to every architecture, so two are never compared
by different ones. Those of the ranking leave the most degrees of freedom for the noise, (architectures - 1)·(seeds - 1)
(`Measured.ranking`), and the oracle is the best mean over all of them among the architectures with a score for each; ties go to
the smaller index. An architecture that lacks some of these competes for nothing, and can have a negative regret: with the
seeds that it has it beats the oracle, which more seeds may confirm or not.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sase_bench.benchmark.arguments import indices, whole
from sase_bench.benchmark.arrays import METRICS, Measured, Ranking, Result, mean_over_seeds, only, pick
from sase_bench.benchmark.simulation import Simulation
from sase_bench.benchmark.tables import Latency, Tables, tables_at
from sase_bench.benchmark.verification import verify
from sase_bench.cost import Cost, count, find_trunk
from sase_bench.errors import RequestError, needing, unknown
from sase_bench.record import COLUMNS, OBJECTIVES, Better, Column
from sase_bench.space import SPACES, Architecture
from sase_bench.trunk import CIFAR_DEPTHS

if TYPE_CHECKING:
    from torch import nn

    from sase_bench.backbones import Attention

__all__ = ["Benchmark", "Curve", "Oracle", "ProxySize", "Revealed"]


class ProxySize(NamedTuple):
    """How much of a proxy was measured."""

    architectures: int
    runs: int
    seeds: int


class Oracle(NamedTuple):
    """The best architecture of a table by one metric."""

    arch: Architecture
    value: float
    metric: str
    proxy: str
    seeds: int  # that `value` is the mean of
    unit: str
    better: Better
    definition: str


class Revealed(NamedTuple):
    """Test scores of one architecture, means over the seeds that ended ok."""

    arch: int
    proxy: str
    seeds: tuple[int, ...]
    test_loss: float | None  # nat, smaller is better
    test_top1: float | None  # fraction 0..1, larger is better


class Curve(NamedTuple):
    """What a run, or the mean over seeds, had after every epoch: arrays of shape (epochs,)."""

    epoch: NDArray[np.int64]  # from 1
    val_loss: NDArray[np.float64]  # nat
    val_top1: NDArray[np.float64]  # fraction 0..1
    train_loss: NDArray[np.float64]  # nat, over the epoch's batches
    seconds: NDArray[np.float64]  # of training and validation up to and with this epoch


class Benchmark:
    """Answers from arrays. The same question always has the same answer; no random generator is used."""

    #: What `query_many` gives, and the scores of a `Result`, with unit and direction.
    metrics: Mapping[str, Column] = METRICS

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._answers: dict[tuple[int, str | None, int | None, int | None], Result] = {}
        self._rankings: dict[tuple[str, str], Ranking] = {}
        self.revealed = 0  # how often test scores were asked for

    @classmethod
    def load(cls, path: str | Path | None = None) -> Benchmark:
        """The runs at `path`: a DuckDB file, a Parquet shard or a folder of shards; by default the released table.

        That is the one inside the installed package, or `database/` of the working directory. Of shards the checksums are
        compared at once, and a proxy is read when it is first asked for; raises `RequestError` for what cannot be read.
        """
        if path is not None and not isinstance(path, str | os.PathLike):
            raise RequestError(f"a table is named by its path, got {path!r}")
        return cls(tables_at(Path(path) if path is not None else None))

    def __repr__(self) -> str:
        told = [f"{name}: {n.architectures:,} blocks, {n.runs:,} runs, {n.seeds} seeds" for name, n in self.proxies.items()]
        return f"Benchmark({'; '.join(told) or 'no runs'})"

    @property
    def proxies(self) -> dict[str, ProxySize]:
        """Every proxy with runs, and how many."""
        return {name: ProxySize(len(t.archs), t.runs, len(t.seeds)) for name, t in self._tables.items()}

    def measured(self, proxy: str | None = None, space: str = "full") -> Measured:
        """The arrays of `proxy`, for whoever wants them all at once.

        None, here and everywhere: that with the most blocks of `space`, those drawn from it where more were drawn than chosen.
        """
        if space not in list(SPACES):
            raise unknown("space", space, SPACES)
        name = self._tables.largest(space) if proxy is None else proxy
        if name is None:
            raise RequestError("the table has no runs")
        if name not in list(self._tables):
            raise unknown("proxy", name, self._tables)
        return self._tables[name]

    def query(
        self, arch: Architecture | str | int, proxy: str | None = None, at: int | None = None, seed: int | None = None
    ) -> Result:
        """Validation scores of `arch` after epoch `at` (the last one), with `seed` or as the mean over the seeds there are.

        Raises `RequestError` for an architecture, a seed or an epoch that was not measured.
        """
        if type(arch) is not int:
            arch = Architecture.of(arch).index
        if at is not None and type(at) is not int:
            at = whole(at, "at")
        if seed is not None and type(seed) is not int:
            seed = whole(seed, "seed")
        if proxy is not None and type(proxy) is not str:
            proxy = self.measured(proxy).proxy
        key = (arch, proxy, at, seed)
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answers[key] = self._look_up(arch, self.measured(proxy), at, seed)
        return answer

    def curve(self, arch: Architecture | str | int, proxy: str | None = None, seed: int | None = None) -> Curve:
        """The validation scores of `arch` after every epoch, as `query` gives them; nan where there is no score."""
        table, index = self.measured(proxy), Architecture.of(arch).index
        self.query(index, table.proxy, seed=seed)  # says what there is if that run is not
        row, column = _row(table, index), len(table.seeds) if seed is None else table.columns[seed]
        values = (table.answers(name)[row, column].copy() for name in METRICS)
        return Curve(np.arange(1, table.epochs + 1), *values)

    def _look_up(self, index: int, table: Measured, at: int | None, seed: int | None) -> Result:
        row = _row(table, index)
        epoch = table.epochs if at is None else at
        if not 1 <= epoch <= table.epochs:
            raise RequestError(f"{table.proxy} has the epochs 1..{table.epochs}, got {at!r}")
        column, seeds = len(table.seeds), table.seeds_ok[row]  # behind the seeds stand their means
        if seed is not None:
            column = table.columns.get(seed, -1)
            if column < 0 or table.status.item(row, column) < 0:
                there = ", ".join(str(number) for number in table.seeds[table.status[row] >= 0])
                raise RequestError(f"architecture {index} was measured on {table.proxy} with the seeds {there}, not {seed}")
            seeds = (seed,) if seed in seeds else ()
        loss, top1, train, seconds = (only(table.answers(name).item(row, column, epoch - 1)) for name in METRICS)
        diverged, failed = (table.unscored.item(i, row, column) for i in (0, 1))
        return Result(index, table.proxy, epoch, seeds, loss, top1, train, seconds, diverged, failed)

    def query_many(
        self,
        archs: Sequence[Architecture | str | int] | NDArray[np.integer[Any]],
        proxy: str | None = None,
        *,
        metric: str | None = None,
        at: ArrayLike | None = None,
        seed: ArrayLike | None = None,
    ) -> NDArray[np.float64]:
        """One score of each of n architectures, shape (n,), as `query` gives it; nan for a run that has no score.

        `archs` are best an array of indices: millions take a second. `metric` is one of `metrics`, None = what the proxy ranks
        by; `at` and `seed` are a number for all, or an array of shape (n,). Raises `RequestError` for what was not measured.
        """
        table = self.measured(proxy)
        if metric is not None and metric not in list(METRICS):
            raise unknown("metric", metric, METRICS)
        return pick(table, metric or table.metric(), indices(archs), at, seed)

    def to_arrow(self, relation: str = "runs") -> Any:
        """All `runs` (with provenance, without test scores) or all `epochs` as a `pyarrow.Table`; units are field metadata."""
        return self._tables.to_arrow(relation)

    def to_pandas(self, relation: str = "runs") -> Any:
        """All `runs` (with provenance, without test scores) or all `epochs` as a `pandas.DataFrame`; units are in `attrs`."""
        return self._tables.to_pandas(relation)

    def oracle(self, metric: str | None = None, proxy: str | None = None) -> Oracle:
        """The best of the architectures that were measured with the same seeds: what regret is measured from.

        `metric` is `val_loss`, `val_top1` or `train_loss`, None = what the proxy ranks by. All architectures that compete have
        the same seeds, so that none wins by a single lucky one, or by seeds that are kind to all.
        """
        table, metric, ranking = self._ranking(metric, proxy)
        best, column = int(ranking.rows[0]), METRICS[metric]
        seeds, competing = ", ".join(map(str, ranking.seeds)), len(ranking.rows)
        definition = (
            f"best mean {metric} over the seeds {seeds} among the {competing} architectures of {table.proxy} with a score for "
            "each of them; ties go to the smaller index"
        )
        arch, value = Architecture(int(table.archs[best])), float(ranking.values[best])
        return Oracle(arch, value, metric, table.proxy, len(ranking.seeds), column.unit, column.better or "smaller", definition)

    def regret(self, arch: Architecture | str | int, metric: str | None = None, proxy: str | None = None) -> float | None:
        """The regret of `arch` as the module defines it, by `metric` as in `oracle`; None without a score to go by."""
        table, metric, ranking = self._ranking(metric, proxy)
        scores = table.scores(metric)[:, [table.columns[seed] for seed in ranking.seeds.tolist()]]
        above = scores[_row(table, Architecture.of(arch).index)] - scores[ranking.rows[0]]
        return only(COLUMNS[metric].sign * mean_over_seeds(above[None]).item())

    def _ranking(self, metric: str | None, proxy: str | None) -> tuple[Measured, str, Ranking]:
        table = self.measured(proxy)
        metric = table.metric(metric)
        known = self._rankings.get((metric, table.proxy))
        if known is None:
            known = self._rankings[metric, table.proxy] = table.ranking(metric)
        return table, metric, known

    def reveal(self, arch: Architecture | str | int, proxy: str | None = None) -> Revealed:
        """Test scores. For the end of a study, not for a search: every call counts in `revealed`."""
        table = self.measured(proxy)
        index = Architecture.of(arch).index
        row = _row(table, index)
        self.revealed += 1
        ok = table.is_ok[row]
        loss, top1 = (mean_over_seeds(values[row : row + 1, ok])[0] for values in (table._test_loss, table._test_top1))
        return Revealed(index, table.proxy, table.seeds_ok[row], only(loss), only(top1))

    def costs(self, archs: Sequence[Architecture | str | int] | NDArray[np.integer[Any]], trunk: str = "resnet50") -> Cost:
        """Exact parameters and FLOPs of n architectures, each of shape (n,), in `trunk` (resnet20, resnet50, …).

        Nothing is measured for that, so a block need not be in the table. `sase_bench.cost.TRUNKS` has the names.
        """
        return count(find_trunk(trunk), [Architecture(index) for index in indices(archs).tolist()])

    def latency(self, archs: Sequence[Architecture | str | int] | NDArray[np.integer[Any]], trunk: str = "resnet50") -> Latency:
        """Seconds of a forward pass of `trunk` with each of n architectures, (n,), and how they were taken (`about`).

        A block need not have been trained. The release has resnet20, resnet50 and resnet101, composed from timed parts; in a
        table of your own `python -m sase_bench.latency fill` enters them. Raises `RequestError` for a trunk that is not there.
        """
        found = self._tables.latency(find_trunk(trunk).name)
        return found._replace(seconds=found.seconds[indices(archs)], about=dict(found.about))

    def simulate(self, proxy: str | None = None, workers: int = 1) -> Simulation:
        """A cluster of `workers` that takes as long as the real runs did, in no time."""
        return Simulation(self.measured(proxy), workers)

    def build(self, arch: Attention, backbone: str = "resnet50", *, depth: int | None = None, **options: Any) -> nn.Module:
        """`backbone` (resnet50, resnet101, resnet8, 20, 32 or 56, or cifar_resnet of any `depth`) with `arch` in every block.

        `arch` is all that the backbones take: a block, its text or index, the name of a published module, or None. `options`
        go to the function of `sase_bench.backbones` that builds it. Raises `RequestError` without torch.
        """
        builders = ("resnet50", "resnet101", *CIFAR_DEPTHS, "cifar_resnet")
        if backbone not in builders:
            raise unknown("backbone", backbone, builders)
        if (backbone == "cifar_resnet") != (depth is not None):
            raise RequestError(f"cifar_resnet takes a depth, as depth=20, others have theirs; got {backbone}, depth={depth!r}")
        if depth is not None:
            options["depth"] = whole(depth, "depth")
        elif backbone in CIFAR_DEPTHS:
            backbone, options["depth"] = "cifar_resnet", CIFAR_DEPTHS[backbone]
        with needing("building a network", "train"):
            from sase_bench import backbones

            network: nn.Module = getattr(backbones, backbone)(attention=arch, **options)
        return network

    def verify(
        self, arch: Architecture | str | int, proxy: str | None = None, seed: int = 0, **options: Any
    ) -> dict[str, float]:
        """Train one row again and give, for each score to rank by, the new value minus the one in the table.

        A row of the fused engine is trained with the seeds that it was trained with. With the `device`, the torch version and
        the code of the row the differences are 0, elsewhere as large as between two seeds. `options` go to `measure`.
        """
        table = self.measured(proxy)
        self.query(Architecture.of(arch).index, table.proxy, seed=seed)  # says what there is if that run is not
        done = verify(*self._tables.record((Architecture.of(arch).index, table.proxy, seed)), **options)
        differences = {name: value for name, value in done.differences.items() if value is not None}
        if len(differences) < len(OBJECTIVES):
            ends = f"{done.known.status} in the table, {done.again.status} now, {done.again.reason or done.known.reason}"
            raise RequestError(f"run {done.known.key} has no score to compare: {ends}")
        return differences


def _row(table: Measured, index: int) -> int:
    row = table.row.item(index) if 0 <= index < len(table.row) else int(table.row[Architecture(index).index])
    if row < 0:
        raise RequestError(f"architecture {index} was not measured on {table.proxy}")
    return row
