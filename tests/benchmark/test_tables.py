"""Many questions at once, whole tables, and where they come from."""

import pickle
import subprocess
import sys
from multiprocessing import get_all_start_methods
from pathlib import Path

import numpy as np
import pytest

from sase_bench import Architecture, Benchmark
from sase_bench.database import Store, merge
from sase_bench.errors import RequestError
from sase_bench.recipes.registry import PROXIES
from sase_bench.record import COLUMNS, EPOCH_COLUMNS
from tests.records import made_up

NAMES = ("cifar10-8", "digits")


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


def test_regret_is_in_the_direction_of_the_metric(bench: Benchmark) -> None:
    archs = bench.measured("digits").archs
    for metric, sign in (("val_loss", 1), ("val_top1", -1)):
        oracle = bench.oracle(metric, "digits")
        regrets = [bench.regret(arch, metric, "digits") for arch in archs.tolist()]
        scores = bench.measured("digits").scores(metric)
        known = np.isfinite(scores)
        apart = [sign * (row - scores[archs == oracle.arch.index][0])[there] for row, there in zip(scores, known, strict=True)]
        expected = [part.mean() if len(part) else np.nan for part in apart]
        assert not known.all()
        assert [np.nan if regret is None else regret for regret in regrets] == pytest.approx(expected, nan_ok=True)
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
