from sase_bench.report.drawing import new_figure
from sase_bench.report.naming import PUBLISHED
from sase_bench.report.plots.marks import around, is_published, mark_published, n_of
from sase_bench.space import SASE_BLOCK


def test_a_range_has_room_on_both_sides_even_of_one_value() -> None:
    assert around([3.0, 1.0, 2.0]) == (0.9, 3.1)
    assert around([2.0]) == (1.99, 2.01)


def test_n_tells_blocks_and_the_fewest_and_most_seeds() -> None:
    assert n_of([{"seeds": 2}]) == "n = 1 blocks with 2 seeds"
    assert n_of([{"seeds": count} for count in (3, 1, 2, 3)]) == "n = 4 blocks with 1–3 seeds"


def test_the_published_block_is_known_by_its_index() -> None:
    assert [is_published({"arch": arch}) for arch in (SASE_BLOCK.index, 0)] == [True, False]


def test_the_published_block_is_a_star_wherever_it_is() -> None:
    axes = new_figure(2, 2).subplots()
    mark_published(axes, [(1.0, 2.0)])
    (line,) = axes.get_lines()
    assert (line.get_marker(), line.get_xydata().tolist(), line.get_label()) == ("*", [[1.0, 2.0]], PUBLISHED)
