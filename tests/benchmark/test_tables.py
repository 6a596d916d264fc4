"""Many questions at once, whole tables, and where they come from."""

import pickle
import subprocess
import sys
from dataclasses import replace
from multiprocessing import get_all_start_methods
from pathlib import Path

import numpy as np
import pytest

from sase_bench import Architecture, Benchmark
from sase_bench.database import Store, merge
from sase_bench.database.reader import open_file
from sase_bench.errors import RequestError
from sase_bench.proxies.registry import PROXIES
from sase_bench.query import ask
from sase_bench.record import COLUMNS, EPOCH_COLUMNS
from tests.records import made_up, unfinished
from tests.shelves import rewrite, write_shelf

NAMES = ("cifar10-8", "digits")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shelf(tmp_path_factory.mktemp("shelf") / "database", NAMES, seeds=3)


@pytest.fixture(scope="module")
def bench(shelf: Path) -> Benchmark:
    return Benchmark.load(shelf)


def test_a_shelf_and_its_merged_table_answer_alike(shelf: Path, bench: Benchmark, tmp_path: Path) -> None:
    path = tmp_path / "table.duckdb"
    with Store(path, [PROXIES[name] for name in NAMES]) as store:
        for name in reversed(NAMES):
            merge(store, shelf / f"{name}.parquet")
    other = Benchmark.load(path)
    assert other.proxies == bench.proxies == dict.fromkeys(NAMES, (49, 147, 3))
    for name in NAMES:
        assert bench.oracle("val_loss", name) == other.oracle("val_loss", name)
        for arch in bench.measured(name).archs.tolist():
            assert bench.query(arch, name) == other.query(arch, name)
            assert bench.reveal(arch, name) == other.reveal(arch, name)


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


def test_any_blocks_one_after_another_are_several(bench: Benchmark) -> None:
    expected = bench.query_many(np.asarray([0, 6]), "digits").tolist()
    assert bench.query_many((arch for arch in (Architecture(0), "6")), "digits").tolist() == expected


def test_a_proxy_that_is_no_name_is_refused(bench: Benchmark) -> None:
    for asked in (bench.query, bench.curve, bench.regret, bench.reveal):
        with pytest.raises(RequestError, match=r"unknown proxy \"\['x'\]\"; choose from cifar10-8, digits"):
            asked(0, proxy=["x"])  # type: ignore[operator]
    assert bench.query(0, np.str_("digits")) is bench.query(0, "digits")


def test_a_benchmark_says_what_it_holds(bench: Benchmark, tmp_path: Path) -> None:
    held = "49 blocks, 147 runs, 3 seeds"
    assert repr(bench) == f"Benchmark(cifar10-8: {held}; digits: {held})"
    with Store(tmp_path / "table.duckdb", [PROXIES["digits"]]):
        pass
    assert repr(Benchmark.load(tmp_path / "table.duckdb")) == "Benchmark(no runs)"


def test_a_run_that_was_not_made_is_refused(tmp_path: Path) -> None:
    with Store(tmp_path / "table.duckdb", [PROXIES["digits"]]) as store:
        for arch, seed in ((0, 0), (0, 1), (6, 1)):
            store.append(made_up(arch, seed))
    bench = Benchmark.load(tmp_path / "table.duckdb")
    assert bench.query_many([0, 6], seed=1).shape == (2,)
    with pytest.raises(RequestError, match=r"run \(6, seed 0\) is not in digits"):
        bench.query_many([0, 6], seed=0)


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


def test_regret_is_in_the_direction_of_the_metric(bench: Benchmark) -> None:
    archs = bench.measured("digits").archs
    for metric, sign in (("val_loss", 1), ("val_top1", -1)):
        oracle = bench.oracle(metric, "digits")
        regrets = [bench.regret(arch, metric, "digits") for arch in archs.tolist()]
        expected = sign * (bench.query_many(archs, "digits", metric=metric) - oracle.value)
        assert [np.nan if regret is None else regret for regret in regrets] == pytest.approx(expected, nan_ok=True, abs=0)
        assert regrets[archs.tolist().index(oracle.arch.index)] == 0


def test_whole_tables_have_every_validation_column_and_say_what_it_means(bench: Benchmark) -> None:
    pytest.importorskip("pyarrow")
    runs, epochs = bench.to_arrow(), bench.to_arrow("epochs")
    assert runs.column_names == [name for name, column in COLUMNS.items() if column.split != "test"]
    assert epochs.column_names == ["arch", "proxy", "seed", *EPOCH_COLUMNS]
    assert runs.num_rows == 294
    assert runs.schema.field("val_top1").metadata == {
        b"unit": b"fraction 0..1",
        b"better": b"larger",
        b"split": b"validation",
        b"description": COLUMNS["val_top1"].description.encode(),
    }
    row = next(
        row for row in epochs.to_pylist() if (row["arch"], row["proxy"], row["seed"], row["epoch"]) == (6, "digits", 1, 4)
    )
    assert row["val_loss"] == bench.query(6, "digits", 4, 1).val_loss
    diverged = next(row for row in runs.to_pylist() if row["status"] == "diverged")
    assert diverged["val_loss"] is None


def test_whole_tables_come_as_data_frames_too(bench: Benchmark) -> None:
    pytest.importorskip("pandas")
    runs = bench.to_pandas()
    assert runs.attrs["columns"]["train_seconds"] == {
        "unit": "s",
        "better": "smaller",
        "description": "wall-clock time of all training steps",
    }
    means = runs[runs["proxy"] == "digits"].groupby("arch")["val_loss"].mean()
    assert means.loc[6] == pytest.approx(bench.query(6, "digits").val_loss)
    assert len(bench.to_pandas("epochs")) > 294
    assert not [name for name in runs.columns if name.startswith("test")]


@pytest.mark.parametrize(("method", "library"), [("to_arrow", "pyarrow"), ("to_pandas", "pandas")])
def test_whole_tables_say_what_they_need(bench: Benchmark, method: str, library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(RequestError) as error:
        getattr(bench, method)()
    assert str(error.value) == f"{method} needs the extra 'frames'; install it with: pip install 'sase-bench[frames]'"


def test_other_relations_are_refused(bench: Benchmark) -> None:
    with pytest.raises(RequestError, match=r"unknown relation 'costs'; choose from runs, epochs"):
        bench.to_arrow("costs")
    with pytest.raises(RequestError, match=r"unknown relation 'costs'"):
        bench.to_pandas("costs")


def test_a_benchmark_can_be_sent_to_another_process(bench: Benchmark) -> None:
    again = pickle.loads(pickle.dumps(bench))
    assert again.query(6, "digits") == bench.query(6, "digits")
    assert len(again.measured("cifar10-8").archs) == 49


@pytest.mark.skipif("fork" not in get_all_start_methods(), reason="there is no fork")
@pytest.mark.parametrize("asked", ["bench.query(6, 'cifar10-8')", "bench.to_arrow()"])
def test_a_forked_process_reads_on_what_its_parent_has_opened(shelf: Path, asked: str) -> None:
    code = f"""
import multiprocessing
from sase_bench import Benchmark
bench = Benchmark.load({str(shelf)!r})
bench.query(6, "digits")
child = multiprocessing.get_context("fork").Process(target=lambda: {asked})
child.start()
child.join(30)
child.kill()
child.join()
print(child.exitcode, bench.query(0, "cifar10-8").arch)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.stdout, done.returncode) == ("0 0\n", 0), done.stderr


def test_a_damaged_shelf_is_not_loaded_and_the_rest_of_it_can_be(shelf: Path, tmp_path: Path) -> None:
    for path in shelf.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "digits.parquet").write_bytes((shelf / "digits.parquet").read_bytes()[:-1])
    with pytest.raises(RequestError, match=r"digits.parquet' is damaged"):
        Benchmark.load(tmp_path)
    assert list(Benchmark.load(tmp_path / "cifar10-8.parquet").proxies) == ["cifar10-8"]


def test_no_random_generator_is_touched(bench: Benchmark) -> None:
    import random

    before = random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index, union-attr]  # noqa: NPY002
    bench.oracle("val_loss", "digits")
    bench.query_many([0, 6], "digits")
    bench.simulate("digits").submit(Architecture(0))
    assert before == (random.getstate(), np.random.get_state()[1].tolist())  # type: ignore[index, union-attr]  # noqa: NPY002


def test_loading_and_asking_need_numpy_and_duckdb_alone(shelf: Path) -> None:
    code = f"""
import sys
before = set(sys.modules)  # what the environment itself loads
from sase_bench import Benchmark
bench = Benchmark.load({str(shelf)!r})
bench.query(0, "digits"), bench.query_many([0, 6], "digits"), bench.oracle("val_loss", "digits")
allowed = {{"numpy", "duckdb", "_duckdb", "sase_bench"}}
loaded = {{name: sys.modules[name] for name in set(sys.modules) - before}}
files = {{name.partition(".")[0]: getattr(module, "__file__", None) or "" for name, module in loaded.items()}}
third = {{name for name, file in files.items() if "site-packages" in file}}
sys.exit(str(third - allowed) if third - allowed else 0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


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
