"""Whether released proxies order blocks alike: each with each, on the blocks that both have, and on those of one kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb

from sase_bench.answers import markdown
from sase_bench.calibrate.agreement import agreements, ranking
from sase_bench.calibrate.findings import Finding, judge
from sase_bench.calibrate.group import SECOND_ORDER, WITHOUT_SECOND_ORDER, blocks_where
from sase_bench.recipes.registry import metric_of

__all__ = ["agreement"]

_SCOPES = {"all": None, "without second-order pooling": WITHOUT_SECOND_ORDER, "with one": SECOND_ORDER}


def agreement(table: duckdb.DuckDBPyConnection, found: Sequence[Finding]) -> Iterator[str]:
    """Lines of Markdown: for every two judged proxies the correlation of what both rank by, freed of the noise of both.

    Then reliability and agreement for the blocks of one kind alone: what tells two kinds apart may order neither.
    """
    scopes = {name: None if where is None else blocks_where(table, where) for name, where in _SCOPES.items()}
    rows = [
        (
            name,
            item.proxy,
            item.metric,
            str(item.reference),
            metric_of(str(item.reference)),
            *_told(item.validity, item.reference_blocks),
        )
        for name, among in scopes.items()
        for item in agreements(table, found, among=among)
    ]
    if not rows:
        yield "No two proxies were measured on the same blocks."
    else:
        yield "`python -m sase_bench.calibrate --measured --proxy PROXY --reference WITH --db database`: the column validity,"
        yield "on the line of what the proxy ranks by. With seeds that both do not share, where there are two of them."
        yield ""
        yield markdown(("blocks", "proxy", "ranks by", "with", "ranks by", "correlation", "n"), rows).rstrip()
        yield ""
    alone = [
        (name, item.proxy, item.metric, f"{item.seeds}", *_told(item.reliability, item.blocks))
        for name, among in scopes.items()
        if among is not None
        for one in ranking(found)
        for item in next(judge(table, proxy=one.proxy, metrics=[one.metric], among=among), [])
    ]
    if not alone:
        return
    yield "Second-order pooling is what scores tell apart first. How reliable they are among the blocks without one, and among"
    yield f'those with one: `… --where "{WITHOUT_SECOND_ORDER}"`, and without the `not`.'
    yield ""
    yield markdown(("blocks", "proxy", "ranks by", "seeds", "reliability of the mean", "n"), alone).rstrip()


def _told(estimate: object, blocks: int | None) -> tuple[str, str]:
    return str(estimate), f"{blocks:,}"
