"""Questions to the table, in a small language: `python -m sase_bench.query "top 10 by top1"`.

`ask` is the same from Python. Nothing heavy is imported before a question is asked, and torch never is.

    from sase_bench.query import ask
    ask("top 3 by loss where params < 0.3M", db="sase-bench.duckdb").records()
"""

from __future__ import annotations

from pathlib import Path

from sase_bench.answers import Answer

__all__ = ["Answer", "ask"]


def ask(text: str, *, db: str | Path, proxy: str | None = None, test: bool = False, predicted: str | None = None) -> Answer:
    """The answer that the table `db` gives to a query.

    `proxy` is for queries that do not name one. With `test` the scores are those on the test images, and a note says so.
    With the name of a predictor as `predicted`, rankings also hold blocks that were never trained, and mark them.
    Raises `RequestError` for a query that cannot be understood or answered.
    """
    from sase_bench.query.kinds import answer
    from sase_bench.query.parser import parse

    return answer(parse(text), Path(db), proxy=proxy, test=test, predicted=predicted)
