"""Whether released proxies order blocks alike: each with each, on the blocks that both have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb

from sase_bench.answers import markdown
from sase_bench.calibrate.agreement import agreements
from sase_bench.calibrate.findings import Finding
from sase_bench.recipes.registry import metric_of

__all__ = ["agreement"]

_HEAD = ("proxy", "ranks by", "with", "ranks by", "correlation", "n")


def agreement(table: duckdb.DuckDBPyConnection, found: Sequence[Finding]) -> Iterator[str]:
    """Lines of Markdown: for every two judged proxies the correlation of what both rank by, freed of the noise of both."""
    rows = [
        (
            item.proxy,
            item.metric,
            str(item.reference),
            metric_of(str(item.reference)),
            str(item.validity),
            f"{item.reference_blocks:,}",
        )
        for item in agreements(table, found)
    ]
    if not rows:
        yield "No two proxies were measured on the same blocks."
        return
    yield "`python -m sase_bench.calibrate --measured --proxy PROXY --reference WITH --db database`: the column validity, on"
    yield "the line of what the proxy ranks by. With seeds that both do not share, where there are two of them."
    yield ""
    yield markdown(_HEAD, rows).rstrip()
