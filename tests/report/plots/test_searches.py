import pytest

from sase_bench.report import plots
from sase_bench.report.drawing import new_figure
from sase_bench.report.plots.searches import cliques
from tests.report.found import SEARCH


def test_regrets_stand_with_their_errors_against_blocks_and_against_hours() -> None:
    figure = new_figure(7, 4)
    plots.regret(SEARCH, figure)
    blocks, hours = figure.axes
    assert [line.get_label() for line in blocks.get_lines()] == ["differentiable-1 (n = 1)", "gp", "random"]
    assert [tuple(line.get_xdata()) for line in blocks.get_lines()] == [(1, 2, 3), (2, 3), (2, 3)]
    assert [tuple(line.get_xdata()) for line in hours.get_lines()] == [(1.0,), (1.0,), (1.0,)]
    band = blocks.collections[2].get_paths()[0].vertices[:, 1]
    assert (min(band), max(band)) == (0.2, 0.6)  # 0.5 ± 0.1, and 0.2 whose error is not known
    assert blocks.get_ylabel() == "regret in val_loss (nats)"
    assert hours.get_xlabel() == "simulated hours, 1 worker"


def test_the_axis_of_regrets_ends_where_they_do() -> None:
    """Down to 0 in a line from what the means are not known better than, or from half of the smallest."""
    strategies = {name: SEARCH["strategies"][name] for name in ("random", "differentiable-1")}
    for given, turn in ((SEARCH, 1e-3), (SEARCH | {"strategies": strategies}, 0.1)):
        figure = new_figure(7, 4)
        plots.regret(given, figure)
        assert figure.axes[0].yaxis.get_transform().linthresh == turn


def test_every_strategy_has_a_colour_a_marker_and_a_place_in_the_legend_of_its_own() -> None:
    names = [f"strategy-{number:02}" for number in range(12)]
    figure = new_figure(7, 4)
    plots.regret(SEARCH | {"strategies": dict.fromkeys(names, SEARCH["strategies"]["random"])}, figure)
    for axes in figure.axes:
        for looks in ({line.get_color() for line in axes.get_lines()}, {line.get_marker() for line in axes.get_lines()}):
            assert len(looks) == len(names)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == names


def test_runs_of_ranks_within_the_critical_difference_are_joined_and_none_lies_in_another() -> None:
    assert cliques([1.0, 1.2, 1.4, 3.0, 3.1], 0.5) == [(0, 2), (3, 4)]
    assert cliques([1.0, 2.0, 3.0, 4.0], 2.0) == [(0, 2), (1, 3)]
    assert cliques([1.0, 2.0, 3.0], 0.5) == []
    assert cliques([2.0, 2.0], 0.0) == [(0, 1)]


@pytest.mark.parametrize(("width", "joined"), [(1.13, 1), (0.5, 0)])
def test_a_critical_difference_diagram_names_every_search_with_its_rank(width: float, joined: int) -> None:
    part = SEARCH["ranks"]["3"] | {"critical_difference": width}
    figure = new_figure(7, 3)
    plots.ranks(SEARCH | {"ranks": {"3": part, "2": part | {"ranks": {"gp": 1.0}}}}, figure)  # one search has no rival
    (axes,) = figure.axes
    assert [text.get_text().strip() for text in axes.texts] == [
        "gp (1.10)",
        "(1.90) random",
        f"critical difference {width:.2f}",
    ]
    bars = [line for line in axes.get_lines() if line.get_linewidth() == 3]
    assert len(bars) == joined
    assert all(min(bar.get_xdata()) <= 1.1 and max(bar.get_xdata()) >= 1.9 for bar in bars)
    assert axes.get_title(loc="left") == "after 3 blocks"
    assert figure.get_suptitle().startswith("digits, pool of 9 blocks, n = 3 repeats")
