from sase_bench.report import plots
from sase_bench.report.drawing import new_figure
from tests.report.found import EVALUATION, SEARCH, SHARES


def test_regrets_stand_with_their_errors_against_blocks_and_against_hours() -> None:
    figure = new_figure(7, 4)
    plots.regret(SEARCH, figure)
    blocks, hours = figure.axes
    assert [line.get_label() for line in blocks.get_lines()] == ["differentiable-1 (n = 1)", "random"]
    assert [tuple(line.get_xdata()) for line in blocks.get_lines()] == [(1, 2, 3), (2, 3)]
    assert [tuple(line.get_xdata()) for line in hours.get_lines()] == [(1.0,), (1.0,)]
    band = blocks.collections[1].get_paths()[0].vertices[:, 1]
    assert (min(band), max(band)) == (0.2, 0.6)  # 0.5 ± 0.1, and 0.2 whose error is not known
    assert blocks.get_ylabel() == "regret in val_loss (nats)"
    assert hours.get_xlabel() == "simulated hours, 1 worker"


def test_every_strategy_has_a_colour_a_marker_and_a_place_in_the_legend_of_its_own() -> None:
    names = [f"strategy-{number:02}" for number in range(12)]
    figure = new_figure(7, 4)
    plots.regret(SEARCH | {"strategies": dict.fromkeys(names, SEARCH["strategies"]["random"])}, figure)
    for axes in figure.axes:
        for looks in ({line.get_color() for line in axes.get_lines()}, {line.get_marker() for line in axes.get_lines()}):
            assert len(looks) == len(names)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == names


def test_a_noise_ceiling_is_a_line_over_every_number_of_blocks() -> None:
    figure = new_figure(7, 4)
    plots.predictors(EVALUATION, figure)
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.get_xticklabels()] == ["10", "20"]
    ceilings = [
        paths.vertices.tolist() for line in axes.collections for paths in line.get_paths() if line.get_linestyle()[0][1]
    ]
    assert ceilings == [[[-0.5, 0.9], [0.5, 0.9]], [[0.5, 0.9], [1.5, 0.9]]]


def test_a_map_of_slots_has_each_share_in_its_place() -> None:
    figure = new_figure(7, 5)
    plots.interactions(SHARES, figure)
    said = {text.get_position(): text.get_text() for text in figure.axes[0].texts}
    assert said == {(0, 0): "50 %\n[40, 60]", (0, 2): "10 %"}
    assert figure.get_suptitle().splitlines()[1:] == [
        "95 % of the draws of everything",
        "three slots and more: 40 % [30, 50]",
        "all pairs: 10 % [0, 20], not told apart from none by 40 blocks",
    ]


def test_a_file_that_does_not_say_what_its_intervals_are_of_is_not_trusted() -> None:
    figure = new_figure(7, 5)
    rows = [{key: value for key, value in row.items() if key != "part"} for row in SHARES["rows"][:3]]
    unsaid = {key: value for key, value in SHARES.items() if key != "intervals"}
    plots.interactions({**unsaid, "rows": rows}, figure)
    assert "too narrow" in figure.get_suptitle()
    assert figure.get_suptitle().endswith("three slots and more: 40 % [30, 50]")
