"""From a query to its answer: who answers which kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from sase_bench.answers import Answer
from sase_bench.database.reading import reading
from sase_bench.errors import RequestError
from sase_bench.query import blocks, catalogue, language, modules, neighbours, rankings
from sase_bench.query.fidelity import fidelity
from sase_bench.query.language import Query
from sase_bench.query.source import Source

__all__ = ["answer"]

_KINDS: dict[type[Query], Callable[[Any, Source], Answer]] = {
    language.Top: rankings.top,
    language.Pareto: rankings.pareto,
    language.Rank: rankings.rank,
    language.Neighbours: neighbours.neighbours,
    language.Effect: rankings.effect,
    language.Fidelity: fidelity,
    language.Arch: blocks.arch,
    language.Compare: blocks.compare,
    language.Curve: blocks.curve,
    language.Modules: modules.modules,
    language.Proxies: catalogue.proxies,
    language.Columns: catalogue.columns,
    language.Summary: catalogue.summary,
}

_WITH_PREDICTIONS = (language.Top, language.Pareto)

_WITHOUT_TEST_SCORES = (language.Curve, language.Fidelity, language.Proxies, language.Columns)


def answer(query: Query, path: Path, *, proxy: str | None = None, test: bool = False, predicted: str | None = None) -> Answer:
    """The answer of the table at `path`; one that shows scores on the test images, or predictions, says so in its notes."""
    if predicted is not None and test:
        raise RequestError("predictions are of validation scores; leave out --test or --predicted")
    if predicted is not None and not isinstance(query, _WITH_PREDICTIONS):
        raise RequestError("predictions are only ranked: --predicted goes with top, bottom and pareto")
    if isinstance(query, language.Sql):
        from sase_bench.query import sandbox  # starts threads, which the other queries need not load

        return sandbox.run(query.statement, path=path, test=test)
    with reading(path) as connection:
        source = Source(connection=connection, path=path, proxy=proxy, test=test, predicted=predicted)
        if proxy is not None:
            source.proxies()  # refuses one that the table has not, also for a question that does not go by it
        found = _KINDS[type(query)](query, source)
    if not test:
        return found
    note = "test metrics were revealed: scores are those on the test images"
    if isinstance(query, _WITHOUT_TEST_SCORES):
        note = "this answer has no test metrics"
    return replace(found, notes=(*found.notes, note))
