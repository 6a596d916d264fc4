"""Text that is nearly right, in bulk; `nox -s faults` does it with a hundred thousand."""

import random
from collections.abc import Callable
from itertools import islice
from time import thread_time

import pytest

from sase_bench.errors import RequestError
from sase_bench.query.parser import parse
from sase_bench.space import Architecture
from tests.query.mutations import block, nearly, question


def fuzz(reads: Callable[[str], object], valid: Callable[[random.Random], str], count: int, seed: int) -> tuple[int, float]:
    """How many of `count` texts were taken, and the most seconds of the processor that one took; the others are refused."""
    taken, longest, reasons = 0, 0.0, list[str]()
    for text in islice(nearly(random.Random(seed), valid), count):
        start = thread_time()
        try:
            reads(text)
            taken += 1
        except RequestError as error:
            reasons.append(str(error))
        longest = max(longest, thread_time() - start)
    assert all(0 < len(reason) < 2000 for reason in reasons)
    return taken, longest


@pytest.mark.parametrize(("reads", "valid"), [(parse, question), (Architecture.parse, block)])
def test_text_is_taken_or_refused_with_a_reason(reads: Callable[[str], object], valid: Callable[[random.Random], str]) -> None:
    taken, _ = fuzz(reads, valid, 1500, seed=0)
    assert 150 < taken < 1350
