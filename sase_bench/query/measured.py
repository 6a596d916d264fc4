"""What was measured on one proxy, as the relation `measured`: an architecture a row, means over its seeds.

Only runs that ended ok count, and only architectures that have one are there: nothing is filled in. Costs are those of the
proxy's trunk. A source that names a predictor has the architectures without a run as well, marked `predicted`, with the
mean and the sd that were foretold and no seeds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sase_bench.database.rows import has_modules
from sase_bench.database.schema import tables_for
from sase_bench.errors import RequestError, unknown
from sase_bench.modules import Module
from sase_bench.query.conditions import metrics_in, to_sql
from sase_bench.query.language import Condition, Selection, Word
from sase_bench.query.latencies import latency_notes, no_latency
from sase_bench.query.metrics import METRICS, Metric
from sase_bench.query.refusals import refuse
from sase_bench.query.source import Source
from sase_bench.space import SLOTS, Architecture

__all__ = ["Measured", "measure_on", "unmeasured"]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The relation `measured` of one proxy: arch, is_tied, slots, predicted, seeds, metrics, `_sd` and `_n` of runs'."""

    source: Source
    proxy: str
    trunk: str
    notes: tuple[str, ...]  # how the proxy was chosen

    def rows(self, columns: Iterable[str], selection: Selection, *present: Metric, tail: str = "") -> list[tuple[Any, ...]]:
        """The chosen columns of the selected architectures where none of the metrics `present` is missing.

        Raises `RequestError` if one of these metrics, or one that the selection compares, is missing everywhere.
        """
        self._require(dict.fromkeys(metrics_in(selection.where)))
        conditions = [f"{self._column(metric)} IS NOT NULL" for metric in present]
        parameters: list[float | str] = []
        if selection.space == "tied":
            conditions.append("is_tied")
        if selection.where is not None:
            text, parameters = to_sql(selection.where, test=self.source.test)
            conditions.append(text)
        rows = self._select(", ".join(columns), f"WHERE {' AND '.join(conditions or ['true'])} {tail}", parameters)
        if not rows:
            self._require(present)
        return rows

    def runs(self, column: str) -> list[tuple[int, int, float]]:
        """Block, seed and value of every run that ended ok and has one."""
        sql = f"SELECT arch, seed, {column} FROM {self.source.runs} WHERE proxy = ? AND status = 'ok' AND {column} IS NOT NULL"
        return self.source.rows(f"{sql} ORDER BY arch, seed", [self.proxy])

    def sizes(self, slot: str, selection: Selection) -> dict[str, int] | None:
        """How many blocks of the space fit, measured or not, by their operation in a slot; None where scores decide it."""
        if any(metric.is_of_run for metric in metrics_in(selection.where)):
            return None
        text, parameters = to_sql(selection.where, test=False) if selection.where is not None else ("true", [])
        costs = "SELECT arch, params, flops, latency FROM costs WHERE trunk = ?"
        tied = " AND is_tied" if selection.space == "tied" else ""
        sql = f"SELECT {slot}, count(*) FROM architectures LEFT JOIN ({costs}) USING (arch) WHERE {text}{tied} GROUP BY {slot}"
        return dict(self.source.rows(sql, [self.trunk, *parameters]))

    def notes_on(self, *metrics: Metric, where: Condition | None = None) -> tuple[str, ...]:
        """How the proxy was chosen, and what a latency stands for where an answer has one or compares one."""
        has_latency = METRICS["latency"] in (*metrics, *metrics_in(where))
        return (*self.notes, *(latency_notes(self.source, (self.trunk,)) if has_latency else ()))

    def _require(self, metrics: Iterable[Metric]) -> None:
        asked = list(metrics)
        if not asked:
            return
        counts = ", ".join(f"count({self._column(metric)})" for metric in asked)
        ((total, *present),) = self._select(f"count(*), {counts}")
        if not total:
            raise RequestError(f"no run on the proxy {self.proxy} has ended ok yet; `summary` says what the table holds")
        for metric, count in zip(asked, present, strict=True):
            if not count:
                if metric is METRICS["latency"]:
                    raise no_latency(self.source, self.proxy, self.trunk)
                name = self._column(metric) if metric.test_column and self.source.test else metric.name
                raise RequestError(f"{name} has not been measured on the proxy {self.proxy}: it is missing in every row")

    def _column(self, metric: Metric) -> str:
        return metric.column(test=self.source.test)

    def _select(self, what: str, tail: str = "", parameters: Sequence[float | str] = ()) -> list[tuple[Any, ...]]:
        sql = f"WITH measured AS ({_relation(self.source)}) SELECT {what} FROM measured {tail}"
        foretold = [] if self.source.predicted is None else [self.proxy, self.source.predicted, self.proxy]
        return self.source.rows(sql, [self.proxy, *foretold, self.trunk, *parameters])


def measure_on(source: Source, on: Word | None) -> Measured:
    """The relation of the proxy that the query names, or else the source, or else of the one with the most runs."""
    counted = source.rows(
        "SELECT proxy, trunk, coalesce(runs, 0) AS runs FROM proxies "
        "LEFT JOIN (SELECT proxy, count(*) AS runs FROM runs GROUP BY proxy) USING (proxy) ORDER BY runs DESC, proxy"
    )
    trunks = {proxy: trunk for proxy, trunk, _ in counted}
    started = [proxy for proxy, _, runs in counted if runs]
    if not started:
        raise RequestError(source.how_to_fill)
    notes: tuple[str, ...] = ()
    if on is not None:
        if on.text not in trunks:
            raise refuse("proxy", on, sorted(trunks))
        proxy = on.text
    elif source.proxy is not None:
        if source.proxy not in trunks:
            raise unknown("proxy", source.proxy, sorted(trunks))
        proxy = source.proxy
    else:
        proxy, *others = started
        if others:
            notes = (f"on the proxy {proxy}, which has the most runs; others: {', '.join(others)} (say: on NAME)",)
    if source.predicted is not None:
        metrics = _foretold(source, proxy, source.predicted)
        notes += (f"blocks without a run have {metrics} as {source.predicted} foretells it, with its sd; they are marked",)
    return Measured(source=source, proxy=proxy, trunk=trunks[proxy], notes=notes)


def _foretold(source: Source, proxy: str, predictor: str) -> str:
    """The metrics that `predictor` has predictions of. Raises `RequestError` if there are none."""
    there = source.rows("SELECT 1 FROM duckdb_tables() WHERE table_name = 'predictions'")
    sql = "SELECT predictor, string_agg(DISTINCT metric, ' and ' ORDER BY metric) FROM predictions WHERE proxy = ? GROUP BY ALL"
    known = dict(source.rows(f"{sql} ORDER BY predictor", [proxy])) if there else {}
    if not known:
        command = f"python -m sase_bench.predictors predict --proxy {proxy} --db {source.path}"
        raise RequestError(f"there are no predictions on the proxy {proxy}; make some with: {command}")
    if predictor not in known:
        raise unknown("predictor", predictor, known)
    return str(known[predictor])


def unmeasured(measured: Measured, arch: Architecture | Module) -> RequestError:
    """The error for a block or a module without a run that ended ok."""
    runs, _ = tables_for(arch.index)
    statuses = []
    if not isinstance(arch, Module) or has_modules(measured.source.connection):
        sql = f"SELECT status, count(*) FROM {runs} WHERE arch = ? AND proxy = ? GROUP BY status ORDER BY status"
        statuses = measured.source.rows(sql, [arch.index, measured.proxy])
    why = ", ".join(f"{count} {status}" for status, count in statuses)
    name = arch if isinstance(arch, Module) else arch.index
    if not statuses:
        command = f"python -m sase_bench.sweep --plan {name} --proxy {measured.proxy} --db {measured.source.path}"
        why = f"train it with: {command}"
    kind = "module" if isinstance(arch, Module) else "block"
    return RequestError(f"{kind} {name} has no run that ended ok on the proxy {measured.proxy}; {why}")


_PREDICTED = f"""
    SELECT arch, true AS predicted, 0 AS seeds, {
    ", ".join(
        f"any_value({what}) FILTER (metric = '{metric.val_column}') AS {metric.val_column}{suffix}"
        for metric in METRICS.values()
        if metric.is_of_run
        for what, suffix in (("mean", ""), ("sd", "_sd"), ("0", "_n"))
    )
}
    FROM predictions WHERE proxy = ? AND predictor = ? AND arch NOT IN (SELECT arch FROM validation_runs WHERE proxy = ?)
    GROUP BY arch
"""


def _relation(source: Source) -> str:
    # In order of the seeds, so that the last bit of a mean does not depend on how rows lie in the file.
    columns = [metric.column(test=source.test) for metric in METRICS.values() if metric.is_of_run]
    means = ", ".join(
        f"avg({column} ORDER BY seed) AS {column}, stddev_samp({column} ORDER BY seed) AS {column}_sd, "
        f"count({column}) AS {column}_n"
        for column in columns
    )
    return f"""
        SELECT arch, is_tied, {", ".join(SLOTS)}, params, flops, latency, means.* EXCLUDE (arch)
        FROM (
            SELECT arch, false AS predicted, count(*) AS seeds, {means}
            FROM {source.runs} WHERE proxy = ? AND status = 'ok' GROUP BY arch
            {"" if source.predicted is None else f"UNION ALL BY NAME ({_PREDICTED})"}
        ) AS means
        JOIN architectures USING (arch)
        LEFT JOIN (SELECT arch, params, flops, latency FROM costs WHERE trunk = ?) AS costs USING (arch)
    """
