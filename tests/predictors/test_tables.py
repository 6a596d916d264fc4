import numpy as np
import pytest

from sase_bench.predictors.tables import anchored, anchors, cells, digits, expand, subsets
from sase_bench.space import Architecture

SOME = np.asarray([0, 1, 54983, 100_000, 117_648])


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_expanding_adds_the_right_cell_of_every_table(order: int) -> None:
    tables = np.random.default_rng(0).normal(size=(2, len(subsets(order)), 7**order))
    whole = expand(tables)
    assert whole.shape == (2, 117_649)
    for arch in SOME:
        operations = Architecture(int(arch)).digits
        expected = np.zeros(2)
        for number, slots in enumerate(subsets(order)):
            cell = int("".join(str(operations[slot]) for slot in slots), 7)
            expected += tables[:, number, cell]
        np.testing.assert_allclose(whole[:, arch], expected)
    where = cells(digits()[SOME], order)
    np.testing.assert_allclose(whole[0, SOME], np.take_along_axis(tables[0].T, where, axis=0).sum(1))


def test_a_function_of_three_slots_at_a_time_is_known_from_4897_blocks() -> None:
    f = expand(np.random.default_rng(1).normal(size=(2, 20, 343)))
    blocks, places = anchors()
    assert (len(blocks), places.shape) == (1 + 6 * 6 + 15 * 36 + 20 * 216, (20, 343))
    assert ((digits()[blocks] > 0).sum(1) <= 3).all()
    np.testing.assert_allclose(expand(anchored(f[:, blocks])), f, atol=1e-10)


def test_a_function_of_four_slots_at_a_time_is_not() -> None:
    f = expand(np.random.default_rng(1).normal(size=(1, 15, 2401)))
    assert np.abs(expand(anchored(f[:, anchors()[0]])) - f).max() > 0.1
