"""Whether proxies order blocks alike: every two of them, each by what it ranks by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from itertools import combinations

import duckdb

from sase_bench.calibrate.findings import Finding, judge
from sase_bench.recipes.registry import metric_of

__all__ = ["SURE", "agreements", "ranking", "trusted"]

#: A reliability with a lower end from which one is as good as another.
SURE = 0.8


def trusted(reliability: float | None, low: float | None, validity: float | None) -> tuple[float, float]:
    """How far a score can be trusted, to be compared: is it sure to be reliable, then the product of reliability and validity.

    `low` is the lower end of the reliability. Where none is sure to be reliable, the surest comes first; an unknown validity
    counts as 0.
    """
    if reliability is None or low is None:
        return float("-inf"), 0.0
    return min(low, SURE), reliability * (validity or 0.0)


def ranking(found: Iterable[Finding]) -> list[Finding]:
    """Of each proxy what was found for the metric that it ranks by."""
    return [item for item in found if item.metric == metric_of(item.proxy)]


def agreements(
    table: duckdb.DuckDBPyConnection, found: Iterable[Finding], *, among: Set[int] | None = None
) -> Iterator[Finding]:
    """For every two of the proxies in `found` that share enough blocks, the one's correlation with the other as its `validity`.

    The one with more seeds is judged against the other, since it can do without those that both have. With `among` no other
    blocks count.
    """
    judged = sorted(ranking(found), key=lambda item: (-item.seeds, -item.blocks, item.proxy))
    for one, other in combinations(judged, 2):
        for item in next(judge(table, other.proxy, proxy=one.proxy, metrics=[one.metric], among=among), []):
            if item.validity is not None:
                yield item
