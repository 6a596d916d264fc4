"""Some of the blocks, by what they are: how well a proxy orders those alone."""

from __future__ import annotations

import re

import duckdb

from sase_bench.errors import RequestError
from sase_bench.query.conditions import compares_runs, metrics_in, to_sql
from sase_bench.query.language import Top
from sase_bench.query.parser import parse

__all__ = ["SECOND_ORDER", "WITHOUT_SECOND_ORDER", "blocks_where"]

#: Blocks with a second-order pooling, which scores tell from the others first, and those without.
SECOND_ORDER = " or ".join(f"{slot} = 2nd-order-pooling" for slot in ("channel_squeeze", "gated_squeeze", "spatial_squeeze"))
WITHOUT_SECOND_ORDER = f"not ({SECOND_ORDER})"

_ASKED = "top 1 by loss where "  # a condition is the end of a query


def blocks_where(table: duckdb.DuckDBPyConnection, condition: str) -> frozenset[int]:
    """The blocks of the whole space whose slots meet a condition of the query language, in an open table.

    Raises `RequestError` for one that cannot be understood, and for one that compares scores or costs: what is chosen by its
    score lies elsewhere than its score.
    """
    try:
        query = parse(_ASKED + condition)
    except RequestError as error:
        moved = re.sub(r"(?<=column )\d+", lambda found: str(int(found[0]) - len(_ASKED)), str(error))
        raise RequestError(moved) from None
    assert isinstance(query, Top)
    where = query.selection.where
    if where is None or query.selection.on is not None or query.selection.space is not None:
        raise RequestError(f"a condition alone says which blocks, got {condition!r}")
    if compares_runs(where) or any(metrics_in(where)):
        raise RequestError(f"blocks are judged in groups by their slots, not by scores or costs, got {condition!r}")
    text, parameters = to_sql(where, test=False)
    return frozenset(arch for (arch,) in table.execute(f"SELECT arch FROM architectures WHERE {text}", parameters).fetchall())
