"""All that the figures and the page say of a table, as plain values, each beside the question that gives it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sase_bench.bo.comparison import Summary
from sase_bench.bo.comparison.certainty import Certainty
from sase_bench.calibrate import agreements, judge, trusted
from sase_bench.database.reading import reading
from sase_bench.files import read_json
from sase_bench.query import ask
from sase_bench.recipes.registry import metric_of
from sase_bench.record import OBJECTIVES
from sase_bench.report.evidence.largest import LargestFirst, by_the_table
from sase_bench.report.evidence.measurement import Measurement, measurements
from sase_bench.report.evidence.searches import found_for
from sase_bench.report.evidence.transfer import Transfer, read_transfer
from sase_bench.report.networks.times import Times
from sase_bench.report.questions import option_of

__all__ = ["Evidence", "evidence_of", "finite", "most_trusted"]

Records = list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A table, the searches that were compared on it and the predictors that were evaluated on it."""

    measurements: tuple[Measurement, ...]
    calibrations: Records  # of `Finding.record`: icc, reliability and validity with their intervals, and what they rest on
    searches: list[Summary] = field(default_factory=list)  # as `bo --compare` writes them, certainty by the table as it is
    largest: list[LargestFirst | None] = field(default_factory=list)  # for each of these searches
    agreements: Records = field(default_factory=list)  # as calibrations, of proxies of two data sets; `dataset` is the proxy's
    predictors: list[dict[str, Any]] = field(default_factory=list)  # as `predictors evaluate` writes them
    importances: list[dict[str, Any]] = field(default_factory=list)  # as `predictors importance` writes them
    transfers: tuple[Transfer, ...] = ()  # what attention does for ordinary networks
    option: str = ""  # what names the table in a command, see `option_of`


def evidence_of(
    db: Path,
    *,
    searches: Sequence[Summary] = (),
    predictors: Path | None = None,
    times: Times | None = None,
    transfer: Path | None = None,
) -> Evidence:
    """Everything that the table `db` holds for a report; of `searches` those on a proxy that it has.

    Raises `RequestError` for what cannot be read.
    """
    scored = [str(record["proxy"]) for record in ask("summary", db=db).records() if record["ok"]]
    calibrations, across = _calibrations(db)
    judged = [search for search in searches if search["proxy"] in scored]
    told = [by_the_table(db, search, found_for(search)) for search in judged]
    return Evidence(
        measurements=measurements(db, scored, times or Times()),
        calibrations=calibrations,
        agreements=across,
        searches=[search if by is None else _renewed(search, by.certainty) for search, by in zip(judged, told, strict=True)],
        largest=[None if by is None else by.largest for by in told],
        predictors=_all_json(predictors, "*/evaluation.json"),
        importances=_all_json(predictors, "*/importance.json"),
        transfers=read_transfer(transfer) if transfer else (),
        option=option_of(db),
    )


def most_trusted(evidence: Evidence) -> Measurement | None:
    """The proxy that a report is about: what can be trusted most, see `trusted`, and of equals that with the most blocks."""
    judged = {row["proxy"]: row for row in evidence.calibrations if row["metric"] == metric_of(row["proxy"])}

    def trust(found: Measurement) -> tuple[float, float, int]:
        row = judged.get(found.proxy, {})
        return *trusted(*(row.get(name) for name in ("reliability", "reliability_low", "validity"))), len(found.blocks)

    return max(evidence.measurements, key=trust, default=None)


def _renewed(search: Summary, certainty: Certainty | None) -> Summary:
    return {**search, "certainty": certainty}


def _all_json(folder: Path | None, pattern: str) -> list[dict[str, Any]]:
    return [read_json(path) for path in sorted(folder.glob(pattern))] if folder and folder.is_dir() else []


def _calibrations(db: Path) -> tuple[Records, Records]:
    """How far each proxy can be trusted, and how far those of different data sets agree."""
    kept: Sequence[str] = ("proxy", "metric", "blocks", "seeds", "reference", "reference_blocks", "shared_seeds")
    kept = [*kept, *(f"{name}{end}" for name in ("icc", "reliability", "validity") for end in ("", "_low", "_high"))]
    kept += ["validity_undefined"]
    with reading(db) as table:
        found = [finding for group in judge(table) for finding in group if finding.metric in OBJECTIVES]
        datasets = dict(table.execute("SELECT proxy, dataset FROM proxies").fetchall())
        across = [item for item in agreements(table, found) if datasets[item.proxy] != datasets[item.reference]]
    rows, others = ([item.record() for item in items] for items in (found, across))
    return (
        [{name: row[name] for name in kept} for row in rows],
        [{"dataset": datasets[row["proxy"]], **{name: row[name] for name in kept}} for row in others],
    )


def finite(value: Any) -> Any:
    """The value, or None for a float that JSON cannot hold."""
    return None if isinstance(value, float) and not -float("inf") < value < float("inf") else value
