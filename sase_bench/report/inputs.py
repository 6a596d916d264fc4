"""What a report is made of, read in one place: the answers of a table, its evidence, published results and timed networks."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from sase_bench.report.claims.phrases import listed
from sase_bench.report.document import Section, sections
from sase_bench.report.evidence import Evidence, evidence_of, most_trusted
from sase_bench.report.evidence.searches import FOLDER, read_searches
from sase_bench.report.evidence.transfer import find_transfer
from sase_bench.report.networks import Entry, compare
from sase_bench.report.networks.composed import read_composed
from sase_bench.report.networks.published import find_folder, read
from sase_bench.report.networks.times import Times, find_comparisons, read_times

__all__ = ["DEFAULT_FOLDER", "Inputs", "best_blocks", "read_inputs"]

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
    return Inputs(parts, evidence, compare(rows, best_blocks(evidence), times), times)


def best_blocks(evidence: Evidence) -> dict[int, str]:
    """The numbers of the blocks that are the best of a proxy, and of which; that of the most trusted proxy first."""
    trusted, proxies = most_trusted(evidence), dict[int, list[str]]()
    for found in sorted(evidence.measurements, key=lambda found: found is not trusted):
        proxies.setdefault(int(found.best["arch"]), []).append(found.proxy)
    return {arch: listed(names) for arch, names in proxies.items()}
