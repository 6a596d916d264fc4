from pathlib import Path

import numpy as np
import pytest

from sase_bench.errors import RequestError
from sase_bench.search import Pool
from sase_bench.search.differentiable import Found, read_found, write_found
from sase_bench.space import SLOTS, Space
from tests.search.found import FOUND


def test_the_strongest_operations_are_the_block_and_in_a_smaller_pool_the_likeliest() -> None:
    alphas = np.zeros((6, 7))
    alphas[np.arange(6), [3, 1, 6, 2, 0, 5]] = [1, 2, 1, 1, 2, 1]
    found = Found(
        proxy="digits", recipe_hash="", order=1, seed=0, epochs=1, alphas=tuple(map(tuple, alphas.tolist())),
        val_losses=(), seconds=1.0, device="",
    )  # fmt: skip
    assert found.choose(Pool.of(Space("full"))) == 54983
    tied = found.choose(Pool.of(Space("tied")))
    assert [tied // 7**i % 7 for i in range(5, -1, -1)] == [3, 1, 1, 0, 0, 5]
    assert list(found.operations) == list(SLOTS)


def test_what_was_found_is_kept(tmp_path: Path) -> None:
    write_found(FOUND, tmp_path / "deep" / "found.json")
    assert read_found(tmp_path / "deep" / "found.json") == FOUND
    (tmp_path / "other.json").write_text('{"alphas": [[1, 2]]}')
    with pytest.raises(RequestError, match="does not hold a differentiable search"):
        read_found(tmp_path / "other.json")
    with pytest.raises(RequestError, match=r"cannot read .*: No such file"):
        read_found(tmp_path / "none.json")
