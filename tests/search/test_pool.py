import numpy as np
import pytest

from sase_bench.errors import RequestError
from sase_bench.search import History, Pool
from sase_bench.space import Architecture, Space


@pytest.mark.parametrize("name", ["tied", "full"])
def test_neighbours_in_a_whole_space_are_those_of_the_space(name: str) -> None:
    space = Space(name)
    arch = space[1234]
    assert Pool.of(space).neighbours(arch.index).tolist() == sorted(other.index for other in space.neighbours(arch))


def test_a_pool_of_what_was_measured_has_no_other_members() -> None:
    pool = Pool.of(Space("tied"), [0, 1, 6, 7, 16807, 54983])  # 7 and the published block are not tied
    assert pool.members.tolist() == [0, 1, 6, 16807]
    assert pool.neighbours(0).tolist() == [1, 6, 16807]
    assert pool.choices.tolist() == [[0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 6], [1, 0, 0, 0]]
    assert (1 in pool, 7 in pool) == (True, False)
    assert pool.digits.tolist() == [list(Architecture(arch).digits) for arch in pool.members.tolist()]


def test_a_pool_without_a_block_is_refused() -> None:
    with pytest.raises(RequestError, match="no block of the tied space was measured"):
        Pool.of(Space("tied"), [54983])


def test_a_history_knows_what_is_open_and_what_is_best() -> None:
    history = History(Pool.of(Space("tied"), [0, 1, 2, 3]))
    assert history.best is None
    history.take(1)
    history.tell(1, 0.5)
    history.tell(2, None)
    history.tell(3, 0.25)
    history.tell(54983, 0.125)  # known, though not in the pool
    assert (history.best, history.open().tolist(), history.known) == (54983, [0], 4)
    assert history.objective(2) == float("inf")
    with pytest.raises(RequestError, match="block 2 is not open"):
        history.take(2)
    assert history.draw(np.random.default_rng(0), among=np.asarray([1, 2])) is None
    assert history.draw(np.random.default_rng(0)) == 0
    assert history.draw(np.random.default_rng(0)) is None
