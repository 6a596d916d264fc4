import csv
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from sase_bench.database import Store, connect
from sase_bench.database.__main__ import main as database
from sase_bench.predictors import PREDICTORS
from sase_bench.predictors.__main__ import main
from sase_bench.predictors.splits import Splits
from sase_bench.query import ask
from tests.predictors.synthetic import synthetic, write
from tests.records import DIGITS, made_up

TABLE = synthetic(0, blocks=50, noise=0.5)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of 50 tied blocks, evaluated, fitted and predicted."""
    folder = tmp_path_factory.mktemp("predictors")
    write(folder / "table.duckdb", TABLE)
    common = ["--db", str(folder / "table.duckdb"), "--shelf", str(folder / "shelf")]
    assert main(["evaluate", *common, "--repeats", "2", "--sizes", "10,23"]) == 0
    assert main(["fit", *common]) == 0
    assert main(["predict", *common, "--predictor", "gp", "--predictor", "linear"]) == 0
    return folder


def command(folder: Path, *arguments: str) -> int:
    return main([*arguments, "--db", str(folder / "table.duckdb"), "--shelf", str(folder / "shelf")])


def test_the_shelf_holds_lists_scores_models_and_cards(folder: Path) -> None:
    place = folder / "shelf" / "digits-val_loss"
    assert {path.name for path in place.iterdir()} == {"splits.json", "splits.npz", "evaluation.json", *PREDICTORS}
    assert {path.suffix for path in place.rglob("*") if path.is_file()} == {".json", ".npz", ".md"}
    rows = json.loads((place / "evaluation.json").read_text())["rows"]
    assert [(row["predictor"], row["n"]) for row in rows] == [(name, n) for n in (10, 23) for name in (*PREDICTORS, "flops")]
    assert all(0 <= row["covered_50"] <= row["covered_90"] <= 1 for row in rows)
    assert {row["tau_ceiling"] for row in rows} == {rows[0]["tau_ceiling"]}
    assert 0.6 < rows[0]["tau_ceiling"] < 0.95
    splits = Splits.of("digits", "full", TABLE.archs, 2)
    with np.load(place / "splits.npz") as lists:
        np.testing.assert_array_equal(lists["test"][1], splits.test(1))
        np.testing.assert_array_equal(lists["train"][1], splits.train(1, 23))


def test_a_card_repeats_the_data_and_the_evaluation(folder: Path) -> None:
    place = folder / "shelf" / "digits-val_loss"
    content = json.loads((place / "evaluation.json").read_text())
    for name in PREDICTORS:
        card = (place / name / "README.md").read_text()
        assert card.startswith(f"# {name}: val_loss on digits\n")
        assert "50 measured blocks of the full space, 150 runs, 3 seeds a block" in card
        assert content["data"]["sha256"] in card
        assert "CC-BY-4.0" in card
        for row in content["rows"]:
            own = f"| {row['fit_seconds']:.3g} | {row['predict_seconds']:.3g} |"
            assert (own in card) == (row["predictor"] == name)
        assert ("the linear model: τ differs" in card) == (name != "linear")
        assert "At n = 23 FLOPs alone, without any training, have a τ of " in card
        assert f"Means over {content['rows'][0]['repeats']} repeats, each on 16 test blocks" in card


def test_the_same_commands_write_the_same_models_again(folder: Path, tmp_path: Path) -> None:
    place = folder / "shelf" / "digits-val_loss"
    before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    assert command(folder, "fit") == 0
    assert {path: path.read_bytes() for path in place.rglob("*") if path.is_file()} == before


def test_predictions_are_in_the_table_and_never_among_the_measured(folder: Path) -> None:
    path = folder / "table.duckdb"
    with connect(path) as table:
        counts = table.execute("SELECT predictor, count(*), min(sd) > 0 FROM predictions GROUP BY ALL ORDER BY ALL").fetchall()
    assert counts == [("gp", 117_649, True), ("linear", 117_649, True)]
    plain = ask("top 200 by loss", db=path)
    assert len(plain.rows) == 50
    assert "predicted" not in plain.columns
    marked = ask("top 200 by loss", db=path, predicted="gp")
    rows = marked.records()
    assert [row["arch"] for row in rows if not row["predicted"]] == [
        row["arch"] for row in plain.records() if row["val_loss"] <= rows[-1]["val_loss"]
    ]
    unseen = [row for row in rows if row["predicted"]]
    assert unseen
    assert not {row["arch"] for row in unseen} & set(TABLE.archs.tolist())
    found = PREDICTORS["gp"].load(folder / "shelf" / "digits-val_loss" / "gp").predict(np.asarray([unseen[0]["arch"]]))
    assert (unseen[0]["val_loss"], unseen[0]["predicted_sd"]) == (pytest.approx(found.mean[0]), pytest.approx(found.sd[0]))
    assert (unseen[0]["seeds"], unseen[0]["val_loss_sd"], unseen[0]["val_top1"]) == (0, None, None)
    assert marked.notes == ("blocks without a run have val_loss as gp predicts it, with its predicted_sd; they are marked",)


def test_who_predicts_by_other_data_than_the_table_has_is_told(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path(shutil.copy(folder / "table.duckdb", tmp_path))
    arguments = ["predict", "--db", str(path), "--shelf", str(folder / "shelf"), "--predictor", "linear"]
    assert main(arguments) == 0
    assert "other data" not in capsys.readouterr().err
    with Store(path) as store:
        store.append(made_up(int(TABLE.archs[0]), 77))
    assert main(arguments) == 0
    assert (
        "linear was fitted on other data (50 blocks and 150 runs) than the table has now (50 blocks and 151 runs)"
        in capsys.readouterr().err
    )


def test_predictions_are_replaced_not_added_to(folder: Path) -> None:
    assert command(folder, "predict", "--predictor", "linear") == 0
    with connect(folder / "table.duckdb") as table:
        assert table.execute("SELECT count(*) FROM predictions WHERE predictor = 'linear'").fetchone() == (117_649,)
        assert table.execute("SELECT count(*) FROM runs").fetchone() == (150,)


def test_sizes_that_do_not_fit_are_left_out_and_said(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = [
        "evaluate",
        "--db",
        str(folder / "table.duckdb"),
        "--shelf",
        str(tmp_path),
        "--repeats",
        "1",
        "--predictor",
        "linear",
    ]
    assert main([*common, "--format", "csv", "--sizes", "20,400", "--metric", "val_top1", "--space", "tied"]) == 0
    said = capsys.readouterr()
    assert "left out n = 400: 50 blocks less 16 to test on leave 34" in said.err
    row, flops = csv.DictReader(io.StringIO(said.out))
    assert flops["predictor"] == "flops"
    assert (row["predictor"], row["n"], row["repeats"], row["tau_over_linear"]) == ("linear", "20", "1", "")
    assert (tmp_path / "digits-val_top1-tied" / "evaluation.json").exists()


def test_costs_can_be_tried(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["evaluate", "--db", str(folder / "table.duckdb"), "--shelf", str(tmp_path), "--repeats", "1", "--sizes", "10"]
    assert main([*common, "--predictor", "xgb", "--extras", "costs", "--format", "json"]) == 0
    assert [row["predictor"] for row in json.loads(capsys.readouterr().out)] == ["xgb", "flops", "xgb+costs"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["evaluate", "--sizes", "400"], "no number of training blocks is left to evaluate; name some with --sizes"),
        (["evaluate", "--sizes", "ten"], "expected whole numbers joined by commas, got 'ten'"),
        (["evaluate", "--proxy", "digit"], "unknown proxy 'digit'; choose from digits"),
        (["fit", "--metric", "val_top1"], "there is no evaluation in"),
        (["predict", "--metric", "val_top1"], "make some with: python -m sase_bench.predictors fit"),
        (["guess"], "invalid choice: 'guess'"),
    ],
)
def test_what_cannot_be_done_is_refused(
    folder: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(folder, *arguments) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("predictors: ")
    assert message in said


def test_models_are_not_fitted_to_other_data_than_were_evaluated(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "other.duckdb", synthetic(1, blocks=30))
    assert main(["fit", "--db", str(tmp_path / "other.duckdb"), "--shelf", str(folder / "shelf")]) == 2
    assert "is of other data; evaluate again before you fit" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("question", "options", "message"),
    [
        ("top 3 by loss", {"predicted": "xgb"}, "unknown predictor 'xgb'; choose from gp, linear"),
        ("top 3 by loss", {"predicted": "gp", "test": True}, "predictions are of validation scores; leave out --test or"),
        ("rank 0 by loss", {"predicted": "gp"}, "predictions are only ranked: --predicted goes with top, bottom and pareto"),
    ],
)
def test_predictions_are_refused_where_they_do_not_belong(
    folder: Path, question: str, options: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        ask(question, db=folder / "table.duckdb", **options)  # type: ignore[arg-type]


def test_a_table_without_predictions_says_how_to_make_some(tmp_path: Path) -> None:
    write(tmp_path / "table.duckdb", synthetic(1, blocks=3))
    with pytest.raises(ValueError, match="there are no predictions on the proxy digits; make some with: python -m sase_bench"):
        ask("top 3 by loss", db=tmp_path / "table.duckdb", predicted="gp")


def test_a_table_from_before_there_were_predictions_gets_them(tmp_path: Path) -> None:
    import duckdb

    from sase_bench.database import Store

    path = write(tmp_path / "table.duckdb", synthetic(1, blocks=3))
    with duckdb.connect(str(path)) as connection:
        connection.execute("DROP TABLE predictions")
    with pytest.raises(ValueError, match="there are no predictions on the proxy digits"):
        ask("top 3 by loss", db=path, predicted="gp")
    with Store(path) as store:
        store.replace_predictions(DIGITS.name, "val_loss", "gp", np.arange(117_649), np.ones(117_649), np.ones(117_649))
    assert len(ask("top 9 by loss", db=path, predicted="gp").rows) == 9


def test_predictions_do_not_go_onto_a_shelf_and_importance_reads_one_by_default(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shelf = tmp_path / "database"
    shelf.mkdir()
    assert database(["export", str(shelf / "digits.parquet"), "--db", str(folder / "table.duckdb"), "--proxy", "digits"]) == 0
    monkeypatch.chdir(tmp_path)
    assert main(["importance"]) == 0
    capsys.readouterr()
    assert main(["predict"]) == 2
    said = capsys.readouterr().err
    assert said == (
        "predictors: predictions go into a table; make one of 'database' with: "
        "python -m sase_bench.database merge database --db sase-bench.duckdb\n"
    )
