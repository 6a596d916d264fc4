import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from sase_bench.statistics.panels import most_informative

TABLES = npst.arrays(bool, st.tuples(st.integers(0, 6), st.integers(0, 5)))


@settings(deadline=None)
@given(TABLES)
def test_seeds_are_added_while_they_leave_more_for_the_noise(there: np.ndarray) -> None:
    order = [seed for seed in np.argsort(-there.sum(0), kind="stable").tolist() if there[:, seed].any()]
    blocks = [int(there[:, order[:count]].all(1).sum()) for count in range(1, len(order) + 1)]
    freedom = [(left - 1) * count for count, left in enumerate(blocks)]
    best = blocks.count(1) if set(blocks[:1]) == {1} else freedom.index(max(freedom)) + 1 if freedom else 0
    assert most_informative(there).tolist() == sorted(order[:best])


@pytest.mark.parametrize(
    ("runs", "seeds"),
    [
        ([30, 30, 30], [0, 1, 2]),
        ([30, 30, 30, 1], [0, 1, 2]),  # the first run of a fourth seed
        ([30, 30, 30, 29], [0, 1, 2, 3]),
        ([30, 16, 15], [0, 1, 2]),  # 28 degrees of freedom instead of 15
        ([30, 1], [0]),  # one block has both
        ([0, 30], [1]),
        ([0, 0], []),
    ],
)
def test_a_sweep_that_was_stopped_is_judged_by_the_seeds_before(runs: list[int], seeds: list[int]) -> None:
    there = np.arange(30)[:, None] < np.array(runs)
    assert most_informative(there).tolist() == seeds
