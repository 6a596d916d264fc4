"""`Benchmark`: the table behind a handful of questions that a search asks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sase_bench.benchmark.arrays import Measured, Result, mean_over_seeds, measured, only
from sase_bench.benchmark.simulation import Simulation
from sase_bench.errors import RequestError, unknown
from sase_bench.record import COLUMNS, STATUSES
from sase_bench.space import Architecture

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Benchmark", "Oracle", "ProxySize", "Revealed"]

_METRICS = ("val_loss", "val_top1")


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
    definition: str


class Revealed(NamedTuple):
    """Test scores of one architecture, means over the seeds that ended ok."""

    arch: int
    proxy: str
    seeds: tuple[int, ...]
    test_loss: float | None  # nat, smaller is better
    test_top1: float | None  # fraction 0..1, larger is better


class Benchmark:
    """Answers from arrays. The same question always has the same answer; no random generator is used."""

    def __init__(self, tables: Mapping[str, Measured]) -> None:
        self._tables = {name: table for name, table in tables.items() if len(table.archs)}
        self._answers: dict[tuple[int, str | None, int | None, int | None], Result] = {}
        self.revealed = 0  # how often test scores were asked for

    @classmethod
    def load(cls, path: str | Path | None = None) -> Benchmark:
        """All runs of the table at `path`, by default the one that a sweep fills in the working directory."""
        from sase_bench.database.reader import DEFAULT_TABLE, connect

        with connect(Path(path) if path is not None else DEFAULT_TABLE) as table:
            names = table.execute("SELECT proxy FROM proxies ORDER BY proxy").fetchall()
            return cls({name: measured(table, name) for (name,) in names})

    @property
    def proxies(self) -> dict[str, ProxySize]:
        """Every proxy with runs, and how many."""
        return {name: ProxySize(len(t.archs), t.runs, len(t.seeds)) for name, t in self._tables.items()}

    def measured(self, proxy: str | None = None) -> Measured:
        """The arrays of `proxy`, for whoever wants them all at once; None = the only one there is."""
        if proxy is None and len(self._tables) == 1:
            return next(iter(self._tables.values()))
        if proxy is None:
            raise RequestError(f"name one of the proxies {', '.join(self._tables) or '(the table has no runs)'}")
        if proxy not in self._tables:
            raise unknown("proxy", proxy, self._tables)
        return self._tables[proxy]

    def query(
        self, arch: Architecture | str | int, proxy: str | None = None, at: int | None = None, seed: int | None = None
    ) -> Result:
        """Validation scores of `arch` after epoch `at` (the last one), with `seed` or as the mean over the seeds there are.

        Raises `RequestError` for an architecture, a seed or an epoch that was not measured.
        """
        index = _index(arch)
        key = (index, proxy, at, seed)
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answers[key] = self._look_up(index, self.measured(proxy), at, seed)
        return answer

    def _look_up(self, index: int, table: Measured, at: int | None, seed: int | None) -> Result:
        row = _row(table, index)
        epoch = table.epochs if at is None else at
        if not 1 <= epoch <= table.epochs:
            raise RequestError(f"{table.proxy} has the epochs 1..{table.epochs}, got {at!r}")
        chosen = table.status[row] >= 0
        if seed is not None:
            chosen &= table.seeds == seed
            if not chosen.any():
                there = ", ".join(str(number) for number in table.seeds[table.status[row] >= 0])
                raise RequestError(f"architecture {index} was measured on {table.proxy} with the seeds {there}, not {seed}")
        ok = chosen & (table.status[row] == 0)
        scores = {name: only(_mean(getattr(table, name)[row, ok, epoch - 1])) for name in (*_METRICS, "train_loss")}
        return Result(
            arch=index,
            proxy=table.proxy,
            epoch=epoch,
            seeds=tuple(table.seeds[ok].tolist()),
            seconds=only(_mean(table.seconds[row, ok, :epoch].sum(1))),
            diverged=int((table.status[row, chosen] == STATUSES.index("diverged")).sum()),
            failed=int((table.status[row, chosen] == STATUSES.index("failed")).sum()),
            **scores,
        )

    def oracle(self, metric: str, proxy: str | None = None) -> Oracle:
        """The best mean over seeds that the table holds: what regret is measured from.

        Only architectures with as many seeds as any other compete, so that none wins by a single lucky one.
        """
        table, values = self._means(metric, proxy)
        counts = table.counts()
        if not counts.any():
            raise RequestError(f"no run on {table.proxy} ended ok")
        competing = np.where(counts == counts.max(), values, np.nan)
        best = int(np.nanargmin(competing) if COLUMNS[metric].better == "smaller" else np.nanargmax(competing))
        definition = (
            f"best mean {metric} over {counts.max()} seeds among the {int((counts == counts.max()).sum())} architectures of "
            f"{table.proxy} measured with that many; ties go to the smaller index"
        )
        arch = Architecture(int(table.archs[best]))
        return Oracle(arch, float(values[best]), metric, table.proxy, int(counts[best]), definition)

    def regret(self, arch: Architecture | str | int, metric: str, proxy: str | None = None) -> float | None:
        """|mean of `arch` - oracle|, in the unit of `metric`; negative if fewer seeds let it look better than the oracle."""
        table, values = self._means(metric, proxy)
        value = only(values[_row(table, _index(arch))])
        if value is None:
            return None
        difference = value - self.oracle(metric, table.proxy).value
        return difference if COLUMNS[metric].better == "smaller" else -difference

    def reveal(self, arch: Architecture | str | int, proxy: str | None = None) -> Revealed:
        """Test scores. For the end of a study, not for a search: every call counts in `revealed`."""
        table = self.measured(proxy)
        index = _index(arch)
        row = _row(table, index)
        self.revealed += 1
        ok = table.status[row] == 0
        loss, top1 = (mean_over_seeds(values[row : row + 1, ok])[0] for values in (table.test_loss, table.test_top1))
        return Revealed(index, table.proxy, tuple(table.seeds[ok].tolist()), only(loss), only(top1))

    def simulate(self, proxy: str | None = None, workers: int = 1) -> Simulation:
        """A cluster of `workers` that takes as long as the real runs did, in no time."""
        return Simulation(self.measured(proxy), workers)

    def build(self, arch: Architecture | str | int, backbone: str = "resnet50", **options: Any) -> nn.Module:
        """`backbone` (resnet50, resnet101, or cifar_resnet with `depth=`) with `arch` in every residual block."""
        from sase_bench import backbones

        builders = ("resnet50", "resnet101", "cifar_resnet")
        if backbone not in builders:
            raise unknown("backbone", backbone, builders)
        network: nn.Module = getattr(backbones, backbone)(attention=Architecture(_index(arch)), **options)
        return network

    def verify(
        self, arch: Architecture | str | int, proxy: str | None = None, seed: int = 0, **options: Any
    ) -> dict[str, float]:
        """Train one row again and give, for each validation score, the new value minus the one in the table.

        On the processor and with the torch version of the row the differences are 0. `options` go to `measure`.
        """
        from sase_bench.proxies import measure

        table = self.measured(proxy)
        index = _index(arch)
        known = self.query(index, table.proxy, seed=seed)
        again = measure(Architecture(index), table.proxy, seed, **options)
        pairs = {name: (getattr(again, name), getattr(known, name)) for name in _METRICS}
        if any(None in pair for pair in pairs.values()):
            raise RequestError(f"run {(index, table.proxy, seed)} has no score to compare: {again.status}, {again.reason}")
        return {name: new - old for name, (new, old) in pairs.items()}

    def _means(self, metric: str, proxy: str | None) -> tuple[Measured, Any]:
        if metric not in _METRICS:
            raise unknown("metric", metric, _METRICS)
        table = self.measured(proxy)
        return table, table.means(metric)


def _index(arch: Architecture | str | int) -> int:
    if isinstance(arch, int):
        return arch
    return (Architecture.parse(arch) if isinstance(arch, str) else arch).index


def _row(table: Measured, index: int) -> int:
    row = int(table.row[Architecture(index).index])
    if row < 0:
        raise RequestError(f"architecture {index} was not measured on {table.proxy}")
    return row


def _mean(values: Any) -> float:
    return float(values.mean()) if len(values) else float("nan")
