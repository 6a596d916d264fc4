"""What a report is made of, read in one place: the answers of a table, its evidence, published results and timed networks."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from sase_bench.report.comparison import Entry, compare
from sase_bench.report.composed import read_composed
from sase_bench.report.document import Section, sections
from sase_bench.report.evidence import Evidence, evidence_of
from sase_bench.report.published import find_folder, read
from sase_bench.report.searches import FOLDER, read_searches
from sase_bench.report.times import Times, find_comparisons, read_times
from sase_bench.report.transfer import find_transfer
from sase_bench.report.trust import most_trusted
from sase_bench.space import Architecture

__all__ = ["DEFAULT_FOLDER", "Inputs", "read_inputs"]

#: Where a report is written to, relative to the working directory.
DEFAULT_FOLDER = Path("reports")


class Inputs(NamedTuple):
    """In the order in which `texts` and `write` of `sase_bench.report.document` take them."""

    parts: list[Section]
    evidence: Evidence
    entries: list[Entry]
    times: Times


def read_inputs(
    db: Path,
    *,
    published: Path | None = None,
    searches: Path = FOLDER,
    predictors: Path = Path("predictors"),
    comparisons: Path | None = None,
    transfer: Path | None = None,
) -> Inputs:
    """Everything for a report on the table `db`; what is not named is that of the release.

    Raises `RequestError` for what cannot be read.
    """
    comparisons = comparisons or find_comparisons()
    times = read_times(comparisons, read_composed(comparisons.parent))
    parts, rows = sections(db), read((published or find_folder()) / "imagenet.csv")
    evidence = evidence_of(
        db,
        searches=read_searches(searches),
        predictors=predictors,
        times=times,
        transfer=transfer or find_transfer(),
    )
    trusted = most_trusted(evidence)
    best = {} if trusted is None else {f"best on {trusted.proxy}": Architecture(int(trusted.best["arch"]))}
    return Inputs(parts, evidence, compare(rows, best, times), times)
