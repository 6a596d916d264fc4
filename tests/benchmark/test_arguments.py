from typing import Any

import numpy as np
import pytest

from sase_bench.benchmark.arguments import indices, whole, whole_numbers
from sase_bench.errors import RequestError
from sase_bench.space import Architecture


@pytest.mark.parametrize(
    "archs", [[3, "3", Architecture(3)], np.array([3, 3, 3], dtype=np.uint32), (str(Architecture(3)),) * 3, iter([3, 3, 3])]
)
def test_blocks_are_indices_however_they_are_written(archs: Any) -> None:
    found = indices(archs)
    assert (found.tolist(), found.dtype) == ([3, 3, 3], np.int64)


@pytest.mark.parametrize("archs", ["3", 3, Architecture(3), np.zeros((2, 2), dtype=int), np.array(3)], ids=repr)
def test_one_block_is_not_several(archs: Any) -> None:
    with pytest.raises(RequestError, match=r"^several blocks are a list of them, or an array of their indices, got "):
        indices(archs)


@pytest.mark.parametrize("number", [3, np.int8(3), np.uint64(3), np.array(3)], ids=repr)
def test_a_whole_number_is_one_whoever_made_it(number: Any) -> None:
    assert (whole(number, "at"), type(whole(number, "at"))) == (3, int)


@pytest.mark.parametrize("number", [True, np.False_, 3.0, "3", None, [3]], ids=repr)
def test_what_is_no_whole_number_is_refused_with_its_name(number: Any) -> None:
    with pytest.raises(RequestError, match=r"^at is a whole number, got "):
        whole(number, "at")


def test_one_number_is_for_all_and_several_are_for_one_each() -> None:
    assert whole_numbers(2, "seed", (3,)).tolist() == [2, 2, 2]
    assert whole_numbers([0, 1, 2], "seed", (3,)).tolist() == [0, 1, 2]
    for other in ([0, 1], 1.0, [0.0, 1.0, 2.0], [True, False, True], "2"):
        with pytest.raises(RequestError, match=r"^seed is a whole number or 3 of them, got "):
            whole_numbers(other, "seed", (3,))
