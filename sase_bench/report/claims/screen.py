"""All that a report says in words, in the order of its first screen: no more than the numbers allow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sase_bench.report.claims.advice import BOUGHT, advice
from sase_bench.report.claims.best import best_block, costs, published_block
from sase_bench.report.claims.claim import Claim, Table
from sase_bench.report.claims.modules import beside_modules
from sase_bench.report.claims.neighbours import around_blocks
from sase_bench.report.claims.searches import searched
from sase_bench.report.claims.transfer import in_ordinary_networks
from sase_bench.report.claims.trust import elsewhere_alike, trust
from sase_bench.report.evidence import Evidence, most_trusted
from sase_bench.report.networks import Entry
from sase_bench.report.questions import command
from sase_bench.space import SASE

__all__ = ["claims"]


def claims(evidence: Evidence, entries: Sequence[Entry]) -> Iterator[Claim]:
    """The claims of the first screen; `entries` are the modules side by side."""
    advised = advice(entries)
    if advised is not None:
        yield Claim(advised.headline, advised.text, "python -m sase_bench.report", Table(BOUGHT, advised.rows))
    found = most_trusted(evidence)
    if found is None:
        yield Claim("Nothing is said of any block.", "No run in this table has a score.", command("summary", evidence.option))
        return
    yield best_block(found, evidence.calibrations, evidence.option)
    yield from costs(found, entries)
    yield published_block(found, evidence.option)
    yield from (around_blocks(one, evidence.option) for one in evidence.measurements if one.neighbours)
    others = [other for other in evidence.measurements if other is not found]
    yield trust(found, others, evidence.calibrations, evidence.option)
    for row in evidence.agreements:
        if found.proxy == row["reference"]:
            yield elsewhere_alike(row, evidence.agreements, found, others, evidence.option)
    if found.modules:
        yield beside_modules(found, others, evidence.calibrations, evidence.option)
    if evidence.transfers:
        yield in_ordinary_networks(evidence.transfers, found)
    ahead = searched(evidence.searches, evidence.largest)
    if ahead is not None:
        yield ahead
    yield _sase_on_imagenet(entries)


def _sase_on_imagenet(entries: Sequence[Entry]) -> Claim:
    stated = sorted({row.backbone for entry in entries if entry.name == SASE for row in entry.rows})
    said = f"stands in the table below for {' and '.join(stated)}" if stated else "is in none of the published tables used here"
    text = "Published figures and scores of this project are different things, and never share a column or an axis."
    return Claim(f"An ImageNet result of SASE's own block {said}.", text, "python -m sase_bench.report")
