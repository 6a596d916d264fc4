"""Whether released proxies order blocks alike: each with each, on the blocks that both have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import duckdb

from sase_bench.answers import markdown
from sase_bench.calibrate.findings import Finding, judge
from sase_bench.release.groups import ranking

__all__ = ["agreement"]


def agreement(table: duckdb.DuckDBPyConnection, found: Sequence[Finding]) -> Iterator[str]:
    """Lines of Markdown: for every two judged proxies the correlation of what both rank by, freed of the noise of both."""
    # the one with more seeds first: it can leave out those that the other has too
    judged = sorted(ranking(found), key=lambda item: (-item.seeds, -item.blocks, item.proxy))
    compared = [
        (item, other.metric)
        for one, other in combinations(judged, 2)
        for item in ranking(next(judge(table, other.proxy, proxy=one.proxy), []))
        if item.validity is not None
    ]
    if not compared:
        yield "No two proxies were measured on the same blocks."
        return
    yield "`python -m sase_bench.calibrate --measured --proxy PROXY --reference WITH --db database`: the column validity, on"
    yield "the line of what the proxy ranks by. With seeds that both do not share, where there are two of them."
    yield ""
    rows = [
        (item.proxy, item.metric, str(item.reference), metric, str(item.validity), f"{item.reference_blocks:,}")
        for item, metric in compared
    ]
    yield markdown(("proxy", "ranks by", "with", "ranks by", "correlation", "n"), rows).rstrip()
