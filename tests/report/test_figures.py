from dataclasses import replace
from pathlib import Path

import pytest

from sase_bench.bo.__main__ import _parser as bo_parser
from sase_bench.database import Store
from sase_bench.errors import RequestError
from sase_bench.modules import Module
from sase_bench.proxies.registry import PROXIES, REFERENCE
from sase_bench.query import ask
from sase_bench.report import plots
from sase_bench.report.drawing import new_figure, save
from sase_bench.report.evidence import Evidence, evidence_of, read_json
from sase_bench.report.figures import Missing, Picture, figures
from sase_bench.report.wording import claims
from tests.records import DIGITS, made_up
from tests.shelves import write_shelf

SEARCH = {
    "strategies": {
        "random": {
            "repeats": 3,
            "curve": [[None, None], [0.5, 0.1], [0.2, None]],
            "curve_by_time": [[None, None], [0.2, 0.1]],
        },
        "differentiable-1": {"repeats": 1, "curve": [[0.25, None]] * 3, "curve_by_time": [[None, None], [0.25, None]]},
    },
    "times": [1800.0, 3600.0],
    "workers": 1,
    "metric": "val_loss",
    "proxy": "digits",
    "space": "tied",
    "pool": 9,
    "repeats": 3,
}
EVALUATION = {
    "data": {"proxy": "digits", "metric": "val_loss", "space": "tied"},
    "rows": [
        {"predictor": name, "n": n, "tau": n / 100, "tau_sd": sd, "tau_ceiling": 0.9, "repeats": 2}
        for name, sd in (("gp", 0.1), ("xgb", None))
        for n in (10, 20)
    ],
}
SHARES = {
    "data": {"proxy": "digits", "metric": "val_loss", "space": "full", "blocks": 40},
    "draws": 5,
    "rows": [
        {"slot": "channel_squeeze", "other": None, "share": 0.5, "low": 0.4, "high": 0.6},
        {"slot": "channel_squeeze", "other": "channel_gate", "share": 0.1, "low": 0.0, "high": 0.2},
        {"slot": None, "other": None, "share": 0.4, "low": 0.3, "high": 0.5},
    ],
}


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    return evidence_of(write_shelf(tmp_path_factory.mktemp("shelf")))


def test_a_figure_that_the_data_do_not_allow_is_missing_with_its_reason(evidence: Evidence) -> None:
    missing = {item.name: item.reason for item in figures(evidence, []) if isinstance(item, Missing)}
    assert set(missing) == {"modules", "gains-digits", "place-digits", "agreement", "regret", "predictors", "interactions"}
    assert "python -m sase_bench.bo --compare" in missing["regret"]
    assert "python -m sase_bench.predictors evaluate" in missing["predictors"]
    assert "python -m sase_bench.sweep --plan modules --proxy digits" in missing["gains-digits"]
    assert "was not measured on digits" in missing["place-digits"]
    assert "takes 37 blocks" in missing["interactions"]


def test_searches_and_predictors_are_drawn_where_there_are_some(evidence: Evidence, tmp_path: Path) -> None:
    fuller = Evidence(
        measurements=(), calibrations=evidence.calibrations, search=SEARCH, predictors=[EVALUATION], importances=[SHARES]
    )
    pictures = [item for item in figures(fuller, []) if isinstance(item, Picture)]
    assert [item.name for item in pictures] == [
        "reliability",
        "regret",
        "predictors-digits-val_loss-tied",
        "interactions-digits-val_loss-full",
    ]
    again = pictures[1].command
    assert again.startswith("python -m sase_bench.bo --compare --proxy ")
    options = bo_parser().parse_args(again.split()[3:])
    assert (options.repeats, options.evaluations) == (
        SEARCH["repeats"],
        len(next(iter(SEARCH["strategies"].values()))["curve"]),
    )
    for item in pictures:
        for path in save(item.draw, tmp_path, item.name, width=item.width, height=item.height):
            assert path.stat().st_size > 1000


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


def test_the_agreement_of_early_rankings_is_drawn_with_its_interval(evidence: Evidence) -> None:
    (measured,) = evidence.measurements
    figure = new_figure(7, 4)
    plots.fidelity(measured, figure)
    (axes,) = figure.axes
    assert axes.get_lines()[0].get_ydata().tolist() == [row["correlation"] for row in measured.fidelity]
    assert len(axes.collections) == 1
    pictures = {item.name: item for item in figures(evidence, []) if isinstance(item, Picture)}
    assert pictures["fidelity-digits"].command == 'python -m sase_bench.query "fidelity by loss on digits"'


def test_a_figure_is_the_same_to_the_byte(evidence: Evidence, tmp_path: Path) -> None:
    picture = next(item for item in figures(evidence, []) if item.name == "pareto-digits")
    assert isinstance(picture, Picture)
    for name in ("first", "second"):
        save(picture.draw, tmp_path / name, "figure", width=picture.width, height=picture.height)
    for suffix in ("svg", "png"):
        assert (tmp_path / "first" / f"figure.{suffix}").read_bytes() == (tmp_path / "second" / f"figure.{suffix}").read_bytes()


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RequestError, match="cannot write"):
        save(lambda figure: None, tmp_path / "file", "figure", width=1, height=1)


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "search.json"
    path.write_text(text)
    with pytest.raises(RequestError, match=r"search\.json"):
        read_json(path)


def test_published_modules_are_drawn_in_order_of_their_gain_with_the_best_block_among_them(tmp_path: Path) -> None:
    losses = {3: 0.5, 4: 0.75, Module("none").index: 1.0, Module("eca").index: 0.25, Module("se").index: 2.0}
    with Store(tmp_path / "table.duckdb", [DIGITS]) as store:
        for seed in (0, 1):
            for arch, loss in losses.items():
                store.append(made_up(arch, seed, val_loss=loss + seed * arch / 1e8))
    found = evidence_of(tmp_path / "table.duckdb")
    (measured,) = found.measurements
    assert measured.best_gain is not None
    assert (measured.best_gain["arch"], measured.best_gain["pairs"]) == (3, 2)
    assert measured.best_gain["gain"] == pytest.approx(0.5, abs=0.01)
    figure = new_figure(7, 3)
    plots.gains(measured, figure)
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == ["se (n=2)", "best block, 3 (chosen by this loss) (n=2)", "eca (n=2)"]
    said = [claim.text for claim in claims(found, [])]
    assert any("Of 2 published modules trained in the same place on digits, 1 has a smaller mean loss" in text for text in said)


def test_a_map_of_slots_has_each_share_in_its_place() -> None:
    figure = new_figure(7, 5)
    plots.interactions(SHARES, figure)
    said = {text.get_position(): text.get_text() for text in figure.axes[0].texts}
    assert said == {(0, 0): "50 %\n[40, 60]", (0, 2): "10 %\n[0, 20]"}
    assert "three slots and more: 40 % [30, 50]" in figure.get_suptitle()


def test_error_bars_are_by_the_noise_that_rank_tells_without_what_a_seed_does_to_all_blocks(tmp_path: Path) -> None:
    path = tmp_path / "table.duckdb"
    with Store(path, [DIGITS]) as store:
        for arch in range(6):
            for seed in range(1 + arch % 3):
                store.append(made_up(arch, seed, val_loss=1 + arch + seed + 0.01 * (arch * 7 % 5) * (seed - 0.5)))
    (measured,) = evidence_of(path).measurements
    (record,) = ask("rank 5 by loss", db=path).records()
    assert measured.seed_sd == record["seed_sd"]
    assert 0 < record["seed_sd"] < 0.1
    pareto, agreement = new_figure(7, 4), new_figure(7, 4)
    plots.pareto(measured, pareto)
    row = {"validity": None, "validity_low": None, "reference_blocks": 6}
    plots.agreement(measured, measured, row, agreement)
    expected = [2 * record["seed_sd"] / block["seeds"] ** 0.5 for block in measured.blocks]
    for figure in (pareto, agreement):
        (bars,) = figure.axes[0].containers
        heights = [high - low for (_, low), (_, high) in bars[2][-1].get_segments()]
        assert heights == pytest.approx(expected)


def test_longer_training_is_drawn_against_the_proxy_it_judges(tmp_path: Path) -> None:
    proxies = [PROXIES["cifar10-8-local-colours-long"], PROXIES[REFERENCE]]
    with Store(tmp_path / "table.duckdb", proxies) as store:
        for arch in range(6):
            for seed in (0, 1):
                for proxy, slope in zip(proxies, (1.0, 2.0), strict=True):
                    loss = 1 + slope * arch + 0.01 * (arch * 7 % 5) * (seed - 0.5)
                    store.append(made_up(arch, seed, proxy.name, val_loss=loss))
    found = evidence_of(tmp_path / "table.duckdb")
    (picture,) = (item for item in figures(found, []) if item.name.startswith("agreement"))
    assert isinstance(picture, Picture)
    assert picture.name == "agreement-cifar10-8-local-colours-long"
    assert f"--reference {REFERENCE}" in picture.command
    figure = new_figure(7, 4)
    picture.draw(figure)
    assert figure.axes[0].get_title() == (
        "validity 1.00 [1.00, 1.00]: correlation of ranks, freed of the noise of both\nn = 6 blocks, validity by 6 of them"
    )
    line = figure.axes[0].get_lines()[0]
    assert [round(2 * x - y, 6) for x, y in zip(*line.get_data(), strict=True)] == [1.0] * 6
    said = " ".join(claim.text for claim in claims(found, []))
    assert f"correlates with that of longer training from scratch ({REFERENCE}, 2 of 2 seeds the same, whose luck" in said
    row = next(row for row in found.calibrations if (row["metric"], row["proxy"]) == ("val_loss", proxies[0].name))
    apart = {"shared_seeds": [], "validity_low": None, "validity_high": None, "validity_undefined": 0.125}
    said = " ".join(claim.text for claim in claims(replace(found, calibrations=[row | apart]), []))
    assert f"({REFERENCE}, other seeds) by 1.00, without an interval: not defined in 12.5 % of bootstrap draws" in said
