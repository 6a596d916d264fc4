from pathlib import Path

import pytest

from sase_bench.bo.__main__ import _parser as bo_parser
from sase_bench.errors import RequestError
from sase_bench.report.drawing import save
from sase_bench.report.evidence import Evidence
from sase_bench.report.figures import Missing, Picture, figures
from tests.report.found import EVALUATION, SEARCH, SHARES


def test_a_figure_that_the_data_do_not_allow_is_missing_with_its_reason(evidence: Evidence) -> None:
    missing = {item.name: item.reason for item in figures(evidence, []) if isinstance(item, Missing)}
    assert set(missing) == {
        "modules",
        "price",
        "gains-digits",
        "place-digits",
        "agreement",
        "transfer",
        "regret",
        "predictors",
        "interactions",
    }
    assert "python -m sase_bench.bo --compare" in missing["regret"]
    assert "python -m sase_bench.predictors evaluate" in missing["predictors"]
    assert "python -m sase_bench.sweep --plan modules --proxy digits" in missing["gains-digits"]
    assert "was not measured on digits" in missing["place-digits"]
    assert "takes 37 blocks" in missing["interactions"]


def test_searches_and_predictors_are_drawn_where_there_are_some(evidence: Evidence, tmp_path: Path) -> None:
    fuller = Evidence(
        measurements=(), calibrations=evidence.calibrations, searches=[SEARCH], predictors=[EVALUATION], importances=[SHARES]
    )
    pictures = [item for item in figures(fuller, []) if isinstance(item, Picture)]
    assert [item.name for item in pictures] == [
        "reliability",
        "regret-digits-val_loss-tied",
        "ranks-digits-val_loss-tied",
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
