from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sase_bench import Architecture, Benchmark
from sase_bench.database import Store
from sase_bench.database.reader import open_file
from sase_bench.errors import RequestError
from sase_bench.query import ask
from sase_bench.recipes.registry import PROXIES
from sase_bench.record import EPOCH_COLUMNS
from tests.records import made_up, unfinished
from tests.shelves import rewrite


@pytest.fixture(scope="module")
def bench(shelf: Path) -> Benchmark:
    return Benchmark.load(shelf)


@pytest.mark.parametrize("metric", list(Benchmark.metrics))
@pytest.mark.parametrize(("at", "seed"), [(None, None), (3, None), (None, 2), (1, 0)])
def test_many_answers_are_the_single_ones(bench: Benchmark, metric: str, at: int | None, seed: int | None) -> None:
    archs = bench.measured("digits").archs[::-1]
    many = bench.query_many(archs, "digits", metric=metric, at=at, seed=seed)
    single = [getattr(bench.query(arch, "digits", at, seed), metric) for arch in archs.tolist()]
    assert [None if np.isnan(value) else value for value in many.tolist()] == single
    assert None in [getattr(bench.query(arch, "digits", 12, seed), metric) for arch in archs.tolist() for seed in range(3)]


def test_epochs_and_seeds_can_differ_by_question(bench: Benchmark) -> None:
    archs, at, seeds = [0, Architecture(6), "0"], [1, 12, 5], [2, 0, 1]
    expected = [bench.query(arch, "digits", epoch, seed).val_top1 for arch, epoch, seed in zip(archs, at, seeds, strict=True)]
    found = bench.query_many(archs, "digits", metric="val_top1", at=at, seed=seeds)
    assert found.tolist() == [np.nan if value is None else value for value in expected]
    assert bench.query_many([], "digits").shape == (0,)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metric": "test_loss"}, "unknown metric 'test_loss'; choose from val_loss, val_top1, train_loss, seconds"),
        ({"archs": [0, 117_649]}, "an architecture's index lies in 0..117648, got 117649"),
        ({"archs": np.asarray([-1])}, "an architecture's index lies in 0..117648, got -1"),
        ({"archs": [0, 1000]}, "architecture 1000 was not measured on digits"),
        ({"at": 13}, "digits has the epochs 1..12, got 13"),
        ({"at": [1, 0]}, "digits has the epochs 1..12, got 0"),
        ({"seed": 3}, "run (0, seed 3) is not in digits"),
        ({"seed": [0, -1]}, "run (6, seed -1) is not in digits"),
        ({"at": 1.5}, "at is a whole number or 2 of them, got 1.5"),
        ({"at": [1, 2, 3]}, "at is a whole number or 2 of them, got [1, 2, 3]"),
        ({"seed": [0, 1, 2]}, "seed is a whole number or 2 of them, got [0, 1, 2]"),
        ({"archs": "54983"}, "several blocks are a list of them, or an array of their indices, got '54983'"),
        ({"archs": 54983}, "several blocks are a list of them, or an array of their indices, got 54983"),
        ({"archs": np.asarray(6)}, "several blocks are a list of them, or an array of their indices, got array(6)"),
        ({"metric": ["val_loss"]}, "unknown metric \"['val_loss']\"; choose from val_loss, val_top1, train_loss, seconds"),
        ({"proxy": ["x"]}, "unknown proxy \"['x']\"; choose from cifar10-8, digits"),
        ({"archs": np.asarray([0.5])}, "a block is an Architecture, its text or its index, got np.float64(0.5)"),
    ],
)
def test_many_questions_are_refused_if_one_has_no_answer(bench: Benchmark, options: dict[str, object], message: str) -> None:
    with pytest.raises(RequestError) as error:
        bench.query_many(**({"archs": [0, 6], "proxy": "digits"} | options))  # type: ignore[arg-type]
    assert str(error.value) == message


def test_scores_have_units_and_directions(bench: Benchmark) -> None:
    said = {name: (column.unit, column.better, column.split) for name, column in bench.metrics.items()}
    assert said == {
        "val_loss": ("nat", "smaller", "validation"),
        "val_top1": ("fraction 0..1", "larger", "validation"),
        "train_loss": ("nat", "smaller", None),
        "seconds": ("s", "smaller", None),
    }
    assert set(said) <= set(bench.query(0, "digits")._fields)
    oracle = bench.oracle("val_top1", "digits")
    assert (oracle.unit, oracle.better) == ("fraction 0..1", "larger")


def test_runs_without_a_curve_answer_for_the_last_epoch(tmp_path: Path) -> None:
    path = tmp_path / "table.duckdb"
    """Such a table is read as it is; `check` would say so, and `merge` takes none of them."""
    runs = [made_up(arch, seed) for arch in (0, 6) for seed in (0, 1)]
    with Store(path, [PROXIES["digits"]]) as store:
        for run in [*runs, replace(unfinished(8), val_loss=0.5)]:
            store.append(run)
    with open_file(path, read_only=False) as table:
        table.execute("DELETE FROM epochs")
    bench = Benchmark.load(path)
    first = bench.query(0, seed=1)
    assert (first.val_loss, first.val_top1, first.train_loss, first.seconds) == (
        made_up(0, 1).val_loss,
        made_up(0, 1).val_top1,
        made_up(0, 1).train_loss,
        None,
    )
    assert bench.query(0, at=11)[3:8] == ((0, 1), None, None, None, None)
    assert bench.query(8).val_loss is None
    assert bench.oracle("val_loss").arch.index == ask("top 1 by loss", db=path).records()[0]["arch"] == 6
    assert bench.regret(6, "val_loss") == 0


def test_the_table_in_arrays_has_the_scores_that_a_query_tells_whatever_the_curves_say(shelf: Path, tmp_path: Path) -> None:
    """Shards are taken as they are when they are only looked at; `check` and `merge` are strict."""
    changes = [
        "CASE WHEN arch = 0 AND status = 'ok' THEN 0.001 ELSE val_loss END AS val_loss",
        "CASE WHEN arch = 6 THEN curve[:3] ELSE curve END AS curve",
    ]
    rewrite(shelf / "digits.parquet", tmp_path / "digits.parquet", f"REPLACE ({', '.join(changes)})")
    bench = Benchmark.load(tmp_path / "digits.parquet")
    for metric, column in (("loss", "val_loss"), ("top1", "val_top1")):
        for record in ask(f"top 49 by {metric}", db=tmp_path / "digits.parquet").records():
            assert bench.query(record["arch"])._asdict()[column] == pytest.approx(record[column], rel=1e-12)
    assert bench.oracle("val_loss").arch.index == 0
    assert bench.query(6, at=3).val_loss is not None
    assert bench.query(6, at=4).val_loss is None


@pytest.mark.parametrize(
    ("change", "epoch"),
    [
        ("list_append(curve, list_transform(curve, lambda p: {'epoch': 13::BIGINT, POINT})[1])", "13"),
        ("list_transform(curve, lambda p: {'epoch': p.epoch - 1, POINT})", "0"),
    ],
)
def test_a_curve_beyond_the_recipe_is_refused_in_one_line(shelf: Path, tmp_path: Path, change: str, epoch: str) -> None:
    path = tmp_path / "digits.parquet"
    point = ", ".join(f"'{name}': p.{name}" for name in EPOCH_COLUMNS if name != "epoch")
    rewrite(shelf / "digits.parquet", path, f"REPLACE ({change.replace('POINT', point)} AS curve)")
    with pytest.raises(RequestError) as refused:
        Benchmark.load(path).query(0)
    assert str(refused.value) == (
        f"a run on digits has the epoch {epoch}, its recipe has 1..12; python -m sase_bench.database check names such runs"
    )


def test_runs_without_a_recipe_are_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "table.duckdb"
    with Store(path, [PROXIES["digits"]]) as store:
        store.append(made_up(0))
    with open_file(path, read_only=False) as table:
        table.execute("DELETE FROM proxies")
    with pytest.raises(RequestError, match=r"^digits has runs and no recipe; python -m sase_bench.database check says what"):
        Benchmark.load(path)
