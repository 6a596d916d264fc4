"""What was measured on one proxy, as the relation `measured`: an architecture a row, means over its seeds.

Only runs that ended ok count, and only architectures that have one are there: nothing is filled in. Costs are those of the
proxy's trunk; where that one was not timed, the latency is that of ResNet-50, if it was. A source that names a predictor has
the architectures without a run as well, marked `predicted`, with the mean that was predicted, the predictor's own
`predicted_sd`, which is no spread of seeds, and no seeds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sase_bench.database.latencies import latency_trunk
from sase_bench.database.rows import has_modules, largest_proxy
from sase_bench.database.schema import MODULE_TABLES, tables_for
from sase_bench.errors import RequestError, unknown
from sase_bench.modules import Module
from sase_bench.query.conditions import compares_runs, metrics_in, to_sql
from sase_bench.query.language import Condition, Selection, Word
from sase_bench.query.latencies import latency_notes, no_latency
from sase_bench.query.levels import Levels, level_sql, levels_of, note_on
from sase_bench.query.metrics import METRICS, Metric
from sase_bench.query.refusals import refuse
from sase_bench.query.scores import Scores, scores_of
from sase_bench.query.source import Source
from sase_bench.query.together import NOTE, is_shared, sd_sql, trained_together
from sase_bench.space import SLOTS, Architecture
from sase_bench.statistics.effects import separate
from sase_bench.statistics.means import Spread, error_of_mean, spread

__all__ = ["Relation", "relation_on", "unmeasured"]

_LEVEL = 1e-12  # what rounding may do to the mean level of the same seeds


@dataclass(frozen=True, kw_only=True)
class Relation:
    """The relation `measured` of one proxy: arch, is_tied, slots, predicted, seeds, metrics with `_sd`, `_n`, `_level`."""

    source: Source
    proxy: str
    trunk: str
    latency_trunk: str | None  # whose latencies stand for those of the proxy's trunk; None where there are none
    notes: tuple[str, ...]  # how the proxy was chosen
    predicted: tuple[str, ...] = ()  # the columns that the source's predictor has predictions of

    @cached_property
    def levels(self) -> Mapping[str, Levels]:
        """Of each column of scores; only a question that orders blocks needs them."""
        scores = [self.column(metric) for metric in METRICS.values() if metric.is_of_run and not is_shared(metric)]
        return levels_of(self.source, self.proxy, scores)

    def rows(self, columns: Iterable[str], selection: Selection, *present: Metric, tail: str = "") -> list[tuple[Any, ...]]:
        """The chosen columns of the selected architectures where none of the metrics `present` is missing.

        Raises `RequestError` if one of these metrics, or one that the selection compares, is missing everywhere, or was not
        predicted by the predictor that the source names.
        """
        self._require_predicted((*present, *metrics_in(selection.where)))
        self._require(dict.fromkeys(metrics_in(selection.where)))
        conditions = [f"{self.column(metric)} IS NOT NULL" for metric in present]
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

    def error(self, metric: Metric, differences: Sequence[float], one: int, other: int) -> Spread | None:
        """The standard error of the mean of differences between two blocks or modules over the seeds that both have.

        Two or three differences say little of how far they scatter. For a score it is the noise of both, on which all blocks
        and modules of the proxy have a say; the differences alone are asked for times, and where no noise is known.
        """
        if is_shared(metric) or not differences:
            return error_of_mean(spread(differences)[1], len(differences))
        archs, _, scores = self.scores(metric.column(test=self.source.test), with_modules=True)
        error = separate(scores).error_of_pairs(archs.index(one), archs.index(other), len(differences))
        return error_of_mean(spread(differences)[1], len(differences)) if error is None else error

    def scores(self, column: str, among: Set[int] | None = None, *, with_modules: bool = False) -> Scores:
        """What `scores_of` gives for the proxy."""
        return scores_of(self.source, self.proxy, column, among, with_modules=with_modules)

    def sizes(self, slot: str, selection: Selection) -> dict[str, int] | None:
        """How many blocks of the space fit, measured or not, by their operation in a slot; None where scores decide it."""
        return None if compares_runs(selection.where) else dict(self._of_all(f"{slot}, count(*)", slot, selection))

    def costs(self, slot: str, metric: Metric, selection: Selection) -> dict[str, tuple[float, int]] | None:
        """The mean of a cost over all blocks of the space that fit, measured or not, and their number, by operation in a slot.

        None where the cost is not known of all of them, or scores decide which fit.
        """
        if metric.is_of_run or compares_runs(selection.where):
            return None
        column = metric.val_column
        rows = self._of_all(f"{slot}, avg({column} ORDER BY arch), count(*), count({column})", slot, selection)
        known = {operation: (mean, count) for operation, mean, count, there in rows if count == there}
        return known if rows and len(known) == len(rows) else None

    def _of_all(self, what: str, slot: str, selection: Selection) -> list[tuple[Any, ...]]:
        """`what` of all blocks of the space that fit, by their operation in a slot; no scores are asked."""
        text, parameters = to_sql(selection.where, test=False) if selection.where is not None else ("true", [])
        tied = " AND is_tied" if selection.space == "tied" else ""
        sql = f"SELECT {what} FROM architectures LEFT JOIN ({_COSTS}) USING (arch) WHERE {text}{tied} GROUP BY {slot}"
        return self.source.rows(sql, [self.trunk, self.latency_trunk, *parameters])

    def notes_on(self, *metrics: Metric, where: Condition | None = None) -> tuple[str, ...]:
        """How the proxy was chosen, what a latency stands for where there is one, and that seeds share a time."""
        has_latency = METRICS["latency"] in (*metrics, *metrics_in(where))
        notes = (*self.notes, *(self.notes_on_latency() if has_latency else ()))
        return (*notes, NOTE) if any(self.is_together(metric) for metric in metrics) else notes

    def notes_on_latency(self) -> tuple[str, ...]:
        """What a latency stands for; nothing where there is none."""
        if self.latency_trunk is None:
            return ()
        untimed = None if self.latency_trunk == self.trunk else self.trunk
        return latency_notes(self.source, (self.latency_trunk,), untimed=untimed)

    def notes_on_seeds(self, selection: Selection, *metrics: Metric) -> tuple[str, ...]:
        """What a ranking goes by, and that means are not equally sure, where its blocks have different seeds."""
        if not any(metric.is_of_run for metric in metrics):
            return ()
        ranges = [f"{which}(seeds) FILTER (NOT predicted)" for which in ("min", "max")]
        by_level = [f"{self.column(metric)}_level" for metric in metrics if self.levels.get(self.column(metric))]
        ranges += [f"max({level}) - min({level}) > {_LEVEL}" for level in by_level]
        ((least, most, *differ),) = self.rows(ranges, selection, *metrics)
        notes = (note_on(self.levels[by_level[0].removesuffix("_level")]),) if any(differ) else ()
        if least == most:
            return notes
        return (
            *notes,
            f"blocks have {least} to {most} seeds here, fewer seeds mean more noise; the surest alone: where seeds >= {most}",
        )

    def is_together(self, metric: Metric, arch: Architecture | None = None) -> bool:
        """Whether seeds of the block, or of any block, share their value of the metric as they were trained together."""
        if not is_shared(metric):
            return False
        found = trained_together(self.source, self.proxy)
        return bool(found) if arch is None else arch.index in found

    def _require_predicted(self, metrics: Iterable[Metric]) -> None:
        predictor = self.source.predicted
        for metric in metrics:
            if predictor is None or not metric.is_of_run or metric.val_column in self.predicted:
                continue
            if metric.test_column is None:
                raise RequestError(
                    f"{predictor} predicts {' and '.join(self.predicted)}, not {metric.name}; ask without --predicted"
                )
            asked = f"predict --metric {metric.val_column} --predictor {predictor} --proxy {self.proxy}"
            raise RequestError(
                f"{predictor} has no predictions of {metric.val_column} on the proxy {self.proxy}; make them with: "
                f"{self.source.writing(f'predictors {asked}')}"
            )

    def _require(self, metrics: Iterable[Metric]) -> None:
        asked = list(metrics)
        if not asked:
            return
        counts = ", ".join(f"count({self.column(metric)})" for metric in asked)
        ((total, *present),) = self._select(f"count(*), {counts}")
        if not total:
            if has_modules(self.source.connection) and self.source.rows(_MODULE_RUN, [self.proxy]):
                raise RequestError(
                    f"no block has a run that ended ok on the proxy {self.proxy}, but published modules have; "
                    f"ask: modules by METRIC on {self.proxy}"
                )
            raise RequestError(f"no run on the proxy {self.proxy} has ended ok yet; `summary` says what the table holds")
        for metric, count in zip(asked, present, strict=True):
            if not count:
                if metric is METRICS["latency"]:
                    raise no_latency(self.source, self.proxy, self.trunk)
                name = self.column(metric) if metric.test_column and self.source.test else metric.name
                raise RequestError(f"{name} has not been measured on the proxy {self.proxy}: it is missing in every row")

    def fair(self, metric: Metric) -> str:
        """What blocks are ordered by, as SQL: a mean less what its seeds do to all blocks."""
        column = self.column(metric)
        return f"({column} - {column}_level)" if self.levels.get(column) else column

    def column(self, metric: Metric) -> str:
        """The column of the metric, on the images that the source asks for."""
        return metric.column(test=self.source.test)

    def _select(self, what: str, tail: str = "", parameters: Sequence[float | str] = ()) -> list[tuple[Any, ...]]:
        sql = f"WITH measured AS ({_relation(self.source, self.levels)}) SELECT {what} FROM measured {tail}"
        keys = [] if self.source.predicted is None else [self.proxy, self.source.predicted, self.proxy]
        return self.source.rows(sql, [self.proxy, *keys, self.trunk, self.latency_trunk, *parameters])


#: Of all blocks in two trunks, whose latencies are those of the second.
_COSTS = """
    SELECT * FROM (SELECT arch, params, flops FROM costs WHERE trunk = ?)
    LEFT JOIN (SELECT arch, latency FROM costs WHERE trunk = ?) USING (arch)
"""
_MODULE_RUN = f"SELECT 1 FROM {MODULE_TABLES[0]} WHERE proxy = ? AND status = 'ok' LIMIT 1"


def relation_on(source: Source, on: Word | None, space: str | None = None) -> Relation:
    """The relation of the proxy that the query names, or else the source, or else the one of `largest_proxy` in `space`."""
    modules = MODULE_TABLES[0] if has_modules(source.connection) else "(SELECT * FROM runs LIMIT 0)"
    counted = source.rows(
        "SELECT proxy, trunk, coalesce(blocks, 0) AS blocks, coalesce(others, 0) AS others FROM proxies "
        "LEFT JOIN (SELECT proxy, count(DISTINCT arch) AS blocks, count(*) AS runs FROM runs GROUP BY proxy) USING (proxy) "
        f"LEFT JOIN (SELECT proxy, count(*) AS others FROM {modules} GROUP BY proxy) USING (proxy) "
        "ORDER BY blocks DESC, runs DESC, others DESC, proxy"
    )
    trunks = {proxy: trunk for proxy, trunk, *_ in counted}
    started = [proxy for proxy, _, blocks, _ in counted if blocks] or [proxy for proxy, *_, others in counted if others]
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
        proxy = largest_proxy(source.connection, space or "full") or started[0]
        if others := [name for name in started if name != proxy]:
            why = f"which has the most blocks to judge the {space or 'full'} space by"
            notes = (f"on the proxy {proxy}, {why}; others: {', '.join(others)} (say: on NAME)",)
    predicted: tuple[str, ...] = ()
    if source.predicted is not None:
        predicted = _predicted(source, proxy, source.predicted)
        metrics = " and ".join(predicted)
        notes += (
            f"blocks without a run have {metrics} as {source.predicted} predicts it, with its predicted_sd; they are marked",
        )
    timed = latency_trunk(source.connection, trunks[proxy])
    return Relation(source=source, proxy=proxy, trunk=trunks[proxy], latency_trunk=timed, notes=notes, predicted=predicted)


def _predicted(source: Source, proxy: str, predictor: str) -> tuple[str, ...]:
    """The columns that `predictor` has predictions of. Raises `RequestError` if there are none."""
    there = source.rows("SELECT 1 FROM duckdb_tables() WHERE table_name = 'predictions'")
    sql = "SELECT predictor, list(DISTINCT metric ORDER BY metric) FROM predictions WHERE proxy = ? GROUP BY ALL"
    known = dict(source.rows(f"{sql} ORDER BY predictor", [proxy])) if there else {}
    if not known:
        command = source.writing(f"predictors predict --proxy {proxy}")
        raise RequestError(f"there are no predictions on the proxy {proxy}; make some with: {command}")
    if predictor not in known:
        raise unknown("predictor", predictor, known)
    return tuple(known[predictor])


def unmeasured(measured: Relation, arch: Architecture | Module) -> RequestError:
    """The error for a block or a module without a run that ended ok."""
    runs, _ = tables_for(arch.index)
    statuses = []
    if not isinstance(arch, Module) or has_modules(measured.source.connection):
        sql = f"SELECT status, count(*) FROM {runs} WHERE arch = ? AND proxy = ? GROUP BY status ORDER BY status"
        statuses = measured.source.rows(sql, [arch.index, measured.proxy])
    why = ", ".join(f"{count} {status}" for status, count in statuses)
    name = arch if isinstance(arch, Module) else arch.index
    if not statuses:
        space = "" if isinstance(arch, Module) or arch.is_tied else " --space full"  # a plan is of the tied space by default
        command = measured.source.writing(f"sweep --plan {name} --proxy {measured.proxy}{space}")
        why = f"train it with: {command}"
    kind = "module" if isinstance(arch, Module) else "block"
    return RequestError(f"{kind} {name} has no run that ended ok on the proxy {measured.proxy}; {why}")


_PREDICTED = f"""
    SELECT arch, true AS predicted, 0 AS seeds, {
    ", ".join(
        f"any_value({what}) FILTER (metric = '{metric.val_column}') AS {metric.val_column}{suffix}"
        for metric in METRICS.values()
        if metric.is_of_run
        for what, suffix in (("mean", ""), ("NULL::DOUBLE", "_sd"), ("sd", "_predicted_sd"), ("0", "_n"), ("0.0", "_level"))
    )
}
    FROM predictions WHERE proxy = ? AND predictor = ? AND arch NOT IN (SELECT arch FROM validation_runs WHERE proxy = ?)
    GROUP BY arch
"""


def _relation(source: Source, levels: Mapping[str, Levels]) -> str:
    # In order of the seeds, so that the last bit of a mean does not depend on how rows lie in the file.
    columns = [metric.column(test=source.test) for metric in METRICS.values() if metric.is_of_run]
    means = ", ".join(
        f"avg({column} ORDER BY seed) AS {column}, {sd_sql(column)} AS {column}_sd, count({column}) AS {column}_n, "
        f"{level_sql(levels.get(column, {}))} AS {column}_level"
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
        LEFT JOIN ({_COSTS}) AS costs USING (arch)
    """
