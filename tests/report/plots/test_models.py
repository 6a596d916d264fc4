from sase_bench.report import plots
from sase_bench.report.drawing import new_figure
from tests.report.found import EVALUATION, SHARES


def test_a_noise_ceiling_is_a_line_over_every_number_of_blocks() -> None:
    figure = new_figure(7, 4)
    plots.predictors(EVALUATION, figure)
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.get_xticklabels()] == ["10", "20"]
    ceilings = [
        paths.vertices.tolist() for line in axes.collections for paths in line.get_paths() if line.get_linestyle()[0][1]
    ]
    assert ceilings == [[[-0.5, 0.9], [0.5, 0.9]], [[0.5, 0.9], [1.5, 0.9]]]


def test_a_noise_ceiling_has_its_interval_where_it_is_known() -> None:
    figure = new_figure(7, 4)
    known = [row | {"tau_ceiling_low": 0.85, "tau_ceiling_high": 0.95} for row in EVALUATION["rows"]]
    plots.predictors({**EVALUATION, "rows": known}, figure)
    bands = [
        band.get_datalim(band.axes.transData)
        for band in figure.axes[0].collections
        if band.get_label() == "95 % interval of the ceiling"
    ]
    assert [(band.x0, band.x1, round(band.y0, 6), round(band.y1, 6)) for band in bands] == [(-0.5, 0.5, 0.85, 0.95)]


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
