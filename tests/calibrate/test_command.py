import json
from pathlib import Path

import numpy as np
import pytest

from sase_bench.calibrate.__main__ import main
from sase_bench.calibrate.scores import METRICS, panel
from sase_bench.database import Store, connect
from sase_bench.database.__main__ import main as database
from sase_bench.errors import RequestError
from sase_bench.query import ask
from sase_bench.recipes.registry import PROXIES
from sase_bench.space import Space
from sase_bench.statistics.correlation import ranks
from sase_bench.statistics.reliability import icc
from sase_bench.sweep.filling import Work
from sase_bench.sweep.target import Target
from tests.records import DIGITS, made_up, unfinished

BLOCKS = [arch.index for arch in Space("full").sample(12, seed=0)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Digits tells the blocks apart, and so does the longer training, the other way round; one block diverged once."""
    path, generator = tmp_path / "table.duckdb", np.random.default_rng(0)
    with Store(path, [DIGITS, PROXIES["cifar10-8"]]) as store:
        for place, arch in enumerate(BLOCKS):
            for seed in range(3):
                noise = generator.normal(0, 0.5, 2)
                known = {} if arch == BLOCKS[0] else {"val_loss": abs(place + noise[0])}
                store.append(made_up(arch, seed, **known))
                store.append(made_up(arch, seed, "cifar10-8", val_loss=20 - place + noise[1]))
        for seed in range(3):
            store.append(unfinished(1, seed) if seed == 1 else made_up(1, seed))
    return path


def test_a_panel_holds_the_blocks_that_have_every_seed(path: Path) -> None:
    with connect(path) as table:
        found = panel(table, "digits")
        assert set(found.archs) == set(BLOCKS)
        assert (found.seeds, found.runs, found.unscored, found.seconds) == ((0, 1, 2), 36, 0, 2.0)
        assert {name: values.shape for name, values in found.scores.items()} == dict.fromkeys(METRICS, (12, 3))
        curve = made_up(BLOCKS[0], 2).curve
        row = found.archs.index(BLOCKS[0])
        assert found.scores["sum_train_loss"][row, 2] == pytest.approx(sum(point.train_loss or 0 for point in curve))
        assert found.scores["val_loss"][row, 2] == curve[-1].val_loss
        assert 1 not in panel(table, "digits", seeds=(0, 2)).archs  # it has both, and was not drawn at random
        with pytest.raises(RequestError, match="no block has been measured on fashion-8"):
            panel(table, "fashion-8")


def test_the_command_prints_and_keeps_what_it_found(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["--measured", "--db", str(path), "--proxy", "digits", "--reference", "cifar10-8"]
    assert main([*command, "--format", "json"]) == 0
    rows = {row["metric"]: row for row in json.loads(capsys.readouterr().out)}
    with connect(path) as table:
        expected = icc(ranks(panel(table, "digits").scores["val_loss"]))
        kept = table.execute(
            "SELECT icc, reliability_low, validity, blocks FROM calibrations WHERE metric = 'val_loss'"
        ).fetchall()
    found = rows["val_loss"]
    assert found["icc"] == pytest.approx(expected)
    assert found["icc_low"] <= found["icc"] <= found["icc_high"]
    assert found["reliability"] > 0.8
    assert found["validity"] < -0.6
    assert (found["shared_seeds"], found["validity_undefined"]) == ([0, 1, 2], 0)
    assert kept == [(found["icc"], found["reliability_low"], found["validity"], 12)]
    (digits,) = [row for row in ask("summary", db=path).records() if row["proxy"] == "digits"]
    assert digits["reliability_low"] == found["reliability_low"]
    assert main(command) == 0
    out = capsys.readouterr().out
    assert out.startswith(
        "digits: 12 blocks drawn from the full space with 3 seeds, 2.0 s a run, 0 of 36 runs without a score; ranks, 95 %"
    )
    assert "; 3 seeds are the reference's too, which may raise the validity\n" in out
    assert "validity against cifar10-8" in out
    with connect(path) as table:
        assert table.execute("SELECT count(*) FROM calibrations").fetchall() == [(len(METRICS),)]


def test_a_shelf_is_judged_and_stays_as_it_is(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--db", str(path), "--measured", "--proxy", DIGITS.name]) == 0
    expected = capsys.readouterr().out
    shelf = tmp_path / "database"
    shelf.mkdir()
    assert database(["export", str(shelf / "digits.parquet"), "--proxy", DIGITS.name, "--db", str(path)]) == 0
    before = sorted(file.name for file in shelf.iterdir())
    capsys.readouterr()
    monkeypatch.chdir(tmp_path)
    assert main(["--measured"]) == 0  # the released table, and its largest proxy
    assert capsys.readouterr().out == expected
    assert sorted(file.name for file in shelf.iterdir()) == before


def test_the_reference_is_trained_with_seeds_of_its_own(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What two tasks share of a seed, its order of images and its weights, would pass for agreement between them."""
    asked: list[tuple[str, int, tuple[int, ...]]] = []

    def fill(work: list[Work], target: Target, *rest: object) -> None:
        assert target.path == path
        asked.extend((job.proxy.name, len(tasks), tasks[0].seeds) for job, tasks in work)

    monkeypatch.setattr("sase_bench.calibrate.__main__.fill", fill)
    asking = ["--db", str(path), "--blocks", "5", "--seeds", "3", "--reference", "cifar10-8"]
    assert main([*asking, "--data", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.startswith("calibrate: there is no folder")
    assert main([*asking, "--data", str(tmp_path / "none"), "--download"]) == 0
    assert asked == [("digits", 5, (0, 1, 2)), ("cifar10-8", 5, (3, 4, 5))]
    assert capsys.readouterr().out


@pytest.mark.usefixtures("brief_digits")
def test_what_was_not_measured_is_trained_into_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "table.duckdb"
    command = ["--db", str(path), "--blocks", "3", "--seeds", "2", "--executor", "inline", "--device", "cpu"]
    for what in ("6 ok", "nothing to do"):
        assert main(command) == 0
        first, judged, *_ = capsys.readouterr().out.splitlines()
        assert first == f"{path}: 6 of 6 planned runs ({what} in this sweep)"
        assert judged.startswith("digits: 3 blocks drawn from the full space with 2 seeds, ")


def test_all_proxies_of_a_table_can_be_judged_at_once(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--measured", "--db", str(path), "--proxy", "all", "--format", "md"]) == 0
    out = capsys.readouterr().out
    assert [line.split(":")[0] for line in out.splitlines() if ", 95 %" in line] == ["## cifar10-8", "## digits"]
    assert out.count("| val_loss ") == 2


def test_a_proxy_without_runs_is_told_from_one_without_the_seeds(path: Path) -> None:
    with connect(path) as table:
        with pytest.raises(RequestError, match=r"^no block has been measured on fashion-8$"):
            panel(table, "fashion-8")
        with pytest.raises(RequestError, match=r"^no block has been measured on digits with all of the seeds \[0, 9\]$"):
            panel(table, "digits", [0, 9])


def test_a_sweep_that_was_stopped_is_judged_by_the_seeds_before(path: Path) -> None:
    with Store(path) as store:
        store.append(made_up(BLOCKS[0], 3))
    with connect(path) as table:
        assert (panel(table, "digits").seeds, len(panel(table, "digits").archs)) == ((0, 1, 2), 12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--proxy", "all"], "--proxy all judges what a table has; add --measured"),
        (["--blocks", "2"], "a calibration takes at least 3 blocks and 2 seeds, got 2 and 4"),
        (["--proxy", "mnist"], "unknown proxy 'mnist'"),
        (["--measured", "--db", "none.duckdb"], "there is no table 'none.duckdb'"),
        (["--reference", "digits"], "the reference is another proxy than the one that is judged, got digits for both"),
    ],
)
def test_bad_requests_get_one_line_and_status_2(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"calibrate: {message}")
    assert err.count("\n") == 1
