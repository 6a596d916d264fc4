"""How long `Benchmark` takes on a shelf of the size of a release: 2,401 tied blocks, four seeds, three proxies.

The scores are made up. Times of whole processes contain the start of the interpreter, which `test_start_python` tells apart.
"""

import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sase_bench import Benchmark
from tests.shelves import write_shelf

NAMES = ("cifar10-8-local-colours", "cifar10-8-local-colours-long", "digits")  # 5, 20 and 12 epochs
MILLION = 1_000_000
SINGLE = 200_000


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shelf(tmp_path_factory.mktemp("bench") / "database", NAMES, seeds=4, blocks="is_tied")


@pytest.fixture(scope="module")
def bench(shelf: Path) -> Benchmark:
    return Benchmark.load(shelf)


@pytest.fixture(scope="module")
def archs(bench: Benchmark) -> Any:
    return np.random.default_rng(0).choice(bench.measured("digits").archs, MILLION)


def run(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("code", ["pass", "import duckdb, numpy", "import sase_bench"])
def test_start_python(benchmark: Any, code: str) -> None:
    benchmark.pedantic(run, (code,), rounds=10, warmup_rounds=2)


def test_start_python_import_and_load(benchmark: Any, shelf: Path) -> None:
    code = f"from sase_bench import Benchmark; Benchmark.load({str(shelf)!r})"
    benchmark.pedantic(run, (code,), rounds=10, warmup_rounds=2)


def test_start_python_load_and_ask_every_proxy(benchmark: Any, shelf: Path) -> None:
    code = f"from sase_bench import Benchmark; b = Benchmark.load({str(shelf)!r}); [b.query(0, name) for name in {NAMES}]"
    benchmark.pedantic(run, (code,), rounds=10, warmup_rounds=2)


def test_start_python_and_ask_on_the_command_line(benchmark: Any, shelf: Path) -> None:
    command = [sys.executable, "-m", "sase_bench.query", "top 10 by loss on digits", "--db", str(shelf)]
    benchmark.pedantic(lambda: subprocess.run(command, check=True, capture_output=True), rounds=10, warmup_rounds=2)


def test_load(benchmark: Any, shelf: Path) -> None:
    benchmark(Benchmark.load, shelf)


@pytest.mark.parametrize("proxy", NAMES)
def test_load_and_first_answer(benchmark: Any, shelf: Path, proxy: str) -> None:
    benchmark(lambda: Benchmark.load(shelf).query(0, proxy))


def test_a_million_queries_in_an_array(benchmark: Any, bench: Benchmark, archs: Any) -> None:
    benchmark(bench.query_many, archs, "digits")


def test_a_million_queries_in_an_array_each_with_its_epoch_and_seed(benchmark: Any, bench: Benchmark, archs: Any) -> None:
    generator = np.random.default_rng(1)
    at, seed = generator.integers(1, 13, MILLION), generator.integers(0, 4, MILLION)
    benchmark(bench.query_many, archs, "digits", metric="val_top1", at=at, seed=seed)


def test_200_000_queries_one_at_a_time(benchmark: Any, bench: Benchmark, archs: Any) -> None:
    indices = archs[:SINGLE].tolist()

    def ask() -> None:
        for index in indices:
            bench.query(index, "digits")

    benchmark(ask)


def test_200_000_queries_one_at_a_time_each_with_its_epoch_and_seed(benchmark: Any, shelf: Path, archs: Any) -> None:
    """None is asked twice by one benchmark but for chance: what it takes without remembering answers."""
    generator = np.random.default_rng(1)
    asked = list(
        zip(
            archs[:SINGLE].tolist(),
            generator.integers(1, 13, SINGLE).tolist(),
            generator.integers(0, 4, SINGLE).tolist(),
            strict=True,
        )
    )

    def fresh() -> tuple[tuple[Benchmark], dict[str, object]]:
        bench = Benchmark.load(shelf)
        bench.query(0, "digits")
        return (bench,), {}

    def ask(bench: Benchmark) -> None:
        for index, at, seed in asked:
            bench.query(index, "digits", at, seed)

    benchmark.pedantic(ask, setup=fresh, rounds=5)


def test_oracle(benchmark: Any, bench: Benchmark) -> None:
    benchmark(bench.oracle, "val_loss", "digits")


def test_a_thousand_simulated_runs_on_four_workers(benchmark: Any, bench: Benchmark, archs: Any) -> None:
    class InOrder:
        def __init__(self) -> None:
            self.left = iter(archs.tolist())

        spent = 0.0

        def ask(self, count: int = 1) -> list[int]:
            return list(islice(self.left, count))

        def tell(self, arch: int, objective: float | None) -> None:
            pass

    benchmark(lambda: bench.simulate("digits", workers=4).run(InOrder(), 1000))


@pytest.mark.parametrize("relation", ["runs", "epochs"])
def test_whole_table_to_arrow(benchmark: Any, bench: Benchmark, relation: str) -> None:
    pytest.importorskip("pyarrow")
    benchmark(bench.to_arrow, relation)


@pytest.mark.parametrize("relation", ["runs", "epochs"])
def test_whole_table_to_pandas(benchmark: Any, bench: Benchmark, relation: str) -> None:
    pytest.importorskip("pandas")
    benchmark(bench.to_pandas, relation)


@pytest.fixture(scope="module")
def nats() -> Any:
    """NATS-Bench's own API over three made-up architectures with 4 seeds and 12 epochs, as a proxy here has.

    Its PyPI package has no data (its three sample architectures are in its repository only), so what is compared is the work of
    an answer, not of opening a file.
    """
    nats_bench = pytest.importorskip("nats_bench", reason="nats_bench is not installed: uv pip install nats_bench")
    from nats_bench.api_utils import ArchResults, ResultsCount

    assert nats_bench
    names = [
        f"|{operation}~0|+|none~0|none~1|+|none~0|none~1|none~2|" for operation in ("none", "skip_connect", "nor_conv_1x1")
    ]
    generator = np.random.default_rng(0)
    infos = {}
    for index, name in enumerate(names):
        results = ArchResults(index, name)
        for seed in (777, 888, 999, 1111):
            curves = generator.random((4, 12)).tolist()
            count = ResultsCount("cifar10-valid", None, curves[0], curves[1], 1.0, 1.0, {}, seed, 12, [0.01])
            count.reset_pseudo_train_times(1.0)
            points = {
                key: {f"x-valid@{i}": value for i, value in enumerate(curve)}
                for key, curve in zip("al", curves[2:], strict=True)
            }
            count.update_eval(points["a"], points["l"], {f"x-valid@{i}": 0.5 for i in range(12)})
            results.update("cifar10-valid", seed, count)
        infos[index] = {"12": results.state_dict()}
    table = {"meta_archs": names, "arch2infos": infos, "evaluated_indexes": [0, 1, 2]}
    return nats_bench.api_topology.NATStopology(table, verbose=False)


def test_3000_means_over_seeds_of_three_architectures(benchmark: Any, bench: Benchmark) -> None:
    def ask() -> None:
        for _ in range(1000):
            for index in (0, 1, 2):
                bench.query(index, "digits")

    benchmark(ask)


def test_3000_means_over_seeds_of_three_architectures_by_nats_bench(benchmark: Any, nats: Any) -> None:
    def ask() -> None:
        for _ in range(1000):
            for index in (0, 1, 2):
                nats.get_more_info(index, "cifar10-valid", hp="12", is_random=False)

    benchmark(ask)
