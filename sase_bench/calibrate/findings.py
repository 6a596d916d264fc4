"""What a calibration finds: one row a metric, for people and for the table `calibrations`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import asdict, dataclass
from math import isfinite

import duckdb

from sase_bench.calibrate.scores import METRICS, Panel, panel
from sase_bench.errors import RequestError
from sase_bench.recipes.registry import REFERENCE, metric_of
from sase_bench.record import COLUMNS
from sase_bench.statistics.correlation import ranks
from sase_bench.statistics.reliability import (
    LEAST_BLOCKS,
    Estimate,
    bootstrap,
    estimate_icc,
    estimate_reliability,
    validity,
)

__all__ = ["RULE", "Finding", "apart", "findings", "judge"]

#: How to read the intervals of findings, and where there is no validity; `statistics` has the simulations.
RULE = """\
Figures are of ranks within a seed, with 95 % intervals over blocks. The intervals of ICC and reliability are those of normal
scores: of ranks they held the truth in 93 to 95 % of simulated tables of 12 blocks with 6 seeds, in 87 % where one block of
seven lay far off; the bootstrap of validity did in some 90 %, with 11 blocks. Validity is the correlation of the two tasks
freed of the noise of both, over the n blocks that both have. It is not defined where the reliability of those blocks, on either
task, is not above zero by its interval: it would be divided by what may be nothing."""

_UNDEFINED = Estimate(*(float("nan"),) * 3)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The reliability of one metric of one proxy, and its validity where there is a reference. Intervals are 95 %.

    All figures are of ranks within a seed, as in `correlation.ranks`: how well blocks are ordered is what a search needs,
    and no block far off can carry the result.
    """

    proxy: str
    metric: str
    space: str | None  # that the blocks were drawn from at random
    blocks: int
    seeds: int
    icc: Estimate  # blocks' share in the variance of single runs
    reliability: Estimate  # of the mean over `seeds` seeds
    reference: str | None
    reference_blocks: int | None
    validity: Estimate | None  # correlation with what the reference ranks by, free of the noise of both; see `RULE`
    shared_seeds: tuple[int, ...]  # that the reference was trained with too: what is luck for both counts as agreement
    unscored: int  # runs without a score
    runs: int
    seconds: float  # median of a run

    def record(self) -> dict[str, object]:
        """`row`, and what the table has no columns for."""
        undefined = self.validity.undefined if self.validity else None
        return self.row() | {"space": self.space, "validity_undefined": undefined, "shared_seeds": list(self.shared_seeds)}

    def row(self) -> dict[str, object]:
        """The columns of the table `calibrations`: each estimate becomes three, None where it is not defined or not finite."""
        row: dict[str, object] = {}
        for name, value in asdict(self).items():
            if name in ("icc", "reliability", "validity"):
                parts = value or dict.fromkeys(("value", "low", "high"))
                ends = {name: parts["value"], f"{name}_low": parts["low"], f"{name}_high": parts["high"]}
                row |= {end: None if part is None or not isfinite(part) else part for end, part in ends.items()}
            elif name not in ("space", "shared_seeds"):
                row[name] = value
        return row


def judge(
    table: duckdb.DuckDBPyConnection,
    reference: str | None = None,
    *,
    proxy: str | None = None,
    metrics: Sequence[str] = tuple(METRICS),
    among: Set[int] | None = None,
    space: str | None = None,
) -> Iterator[list[Finding]]:
    """The findings for `proxy`, or every one, of an open table that was measured with two seeds, in order of their names.

    Those with too few blocks to be judged are left out; with `among` no other blocks count, with `space` those alone that were
    drawn from it. `reference` is by default `REFERENCE`, where the table has it. There is no validity for the reference itself,
    nor for a proxy that shares too few blocks with it.
    """
    several = "SELECT proxy FROM runs WHERE status = 'ok' GROUP BY proxy HAVING count(DISTINCT seed) > 1 ORDER BY proxy"
    there = [name for (name,) in table.execute(several).fetchall()]
    if reference is None and REFERENCE in there:
        reference = REFERENCE
    long = _panel(table, reference, among, space) if reference else None
    for name in there if proxy is None else {proxy} & set(there):
        measured = _panel(table, name, among, space)
        if measured is None or len(measured.archs) < LEAST_BLOCKS or len(measured.seeds) < 2:
            continue
        if long is not None and name != reference and (paired := apart(table, measured, name, long, space)):
            yield list(findings(name, measured, reference, long, paired, metrics=metrics))
        else:
            yield list(findings(name, measured, metrics=metrics))


def _panel(table: duckdb.DuckDBPyConnection, proxy: str, among: Set[int] | None, space: str | None) -> Panel | None:
    """The panel of a proxy; None where none of the blocks that alone count can be judged."""
    try:
        return panel(table, proxy, among=among, space=space)
    except RequestError:
        if among is None and space is None:
            raise
        return None


def apart(table: duckdb.DuckDBPyConnection, measured: Panel, proxy: str, long: Panel, space: str | None = None) -> Panel | None:
    """The blocks of `long` on `proxy`, where `measured` are judged; None where both share too few.

    These few may be drawn from another space than most, unless it is `space` that counts, and may have more seeds; those of
    `long` are left out where two others are left.
    """
    common = set(long.archs)
    if space is not None and len(common & set(measured.archs)) < LEAST_BLOCKS:
        return None
    try:
        paired = panel(table, proxy, among=common, space=space)
    except RequestError:
        return None
    if len(paired.archs) < LEAST_BLOCKS:
        return None
    others = [seed for seed in paired.seeds if seed not in long.seeds]
    if 2 <= len(others) < len(paired.seeds):
        return panel(table, proxy, others, among=common, space=space)
    return paired


def findings(
    proxy: str,
    panel: Panel,
    reference: str | None = None,
    long: Panel | None = None,
    paired: Panel | None = None,
    *,
    metrics: Sequence[str] = tuple(METRICS),
) -> Iterator[Finding]:
    """A finding for each of `metrics`. `long` is the panel of the proxy called `reference`; blocks in both are compared.

    `paired` is a panel of `proxy` for that comparison, where its blocks have other seeds than those of `panel`.
    Raises `RequestError` for too few blocks or seeds.
    """
    paired = paired or panel
    common = tuple(arch for arch in paired.archs if long is not None and arch in long.archs)
    if long is not None and len(common) < LEAST_BLOCKS:
        raise RequestError(
            f"validity needs at least {LEAST_BLOCKS} blocks measured on {proxy} and on {reference}, got {len(common)}"
        )
    for metric in metrics:
        y = panel.scores[metric]
        sign = _sign(metric)
        valid = None
        if long is not None and reference is not None:
            theirs = metric_of(reference)
            both = sign * paired.restrict(common).scores[metric], _sign(theirs) * long.restrict(common).scores[theirs]
            is_known = all(estimate_reliability(ranks(scores)).low > 0 for scores in both)
            valid = bootstrap(lambda a, b: validity(ranks(a), ranks(b)), *both) if is_known else _UNDEFINED
        yield Finding(
            proxy=proxy,
            metric=metric,
            space=panel.space,
            blocks=len(panel.archs),
            seeds=len(panel.seeds),
            icc=estimate_icc(ranks(y)),
            reliability=estimate_reliability(ranks(y)),
            reference=reference,
            reference_blocks=len(common) if long is not None else None,
            validity=valid,
            shared_seeds=() if long is None else tuple(sorted(set(paired.seeds) & set(long.seeds))),
            unscored=panel.unscored,
            runs=panel.runs,
            seconds=panel.seconds,
        )


def _sign(metric: str) -> int:
    """What a metric is multiplied by so that smaller is better, and a positive validity good whatever the direction."""
    return COLUMNS[metric.removeprefix("sum_")].sign
