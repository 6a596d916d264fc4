"""A hundred thousand texts that are nearly right, for the query language and for the names of blocks."""

import random
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from sase_bench.database import Store
from sase_bench.errors import RequestError
from sase_bench.query import Answer, ask
from sase_bench.query.parser import parse
from sase_bench.space import Architecture
from tests.query.mutations import block, nearly, question
from tests.query.test_fuzz import fuzz
from tests.records import DIGITS, made_up


@pytest.mark.parametrize(
    ("name", "reads", "valid"),
    [("the query language", parse, question), ("the names of blocks", Architecture.parse, block)],
)
def test_text_is_taken_or_refused_within_a_second(
    name: str,
    reads: Callable[[str], object],
    valid: Callable[[random.Random], str],
    figure: Callable[..., None],
) -> None:
    count = 100_000
    taken, longest = fuzz(reads, valid, count, seed=1)
    assert longest < 1
    found = f"{taken:,} understood, the others refused with a reason, no traceback; the longest took {longest * 1000:.0f} ms"
    figure(f"texts for {name}", count, found)


def test_questions_are_answered_or_refused(tmp_path: Path, figure: Callable[..., None]) -> None:
    path, count, answered = tmp_path / "table.duckdb", 1000, 0
    with Store(path, [DIGITS]) as store:
        for arch in range(30):
            store.append(made_up(arch))
    for text in islice(nearly(random.Random(2), question), count):
        try:
            assert isinstance(ask(text, db=path), Answer)
            answered += 1
        except RequestError:
            continue
    assert answered > count // 20
    figure("questions put to a table", count, f"{answered} answered, the others refused with a reason")
