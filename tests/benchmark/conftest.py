"""A small table to ask."""

from pathlib import Path

import pytest

from sase_bench import Benchmark
from sase_bench.database import Store
from sase_bench.recipes.registry import PROXIES
from tests.records import DIGITS, made_up, unfinished
from tests.shelves import write_shelf

ARCHS = (0, 1, 7, 54983)
NAMES = ("cifar10-8", "digits")


@pytest.fixture(scope="session")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four blocks with three seeds, one of which diverged; one with a single lucky seed; one that never ended ok."""
    path = tmp_path_factory.mktemp("benchmark") / "table.duckdb"
    with Store(path, [DIGITS, PROXIES["cifar10-8"]]) as store:
        for arch in ARCHS:
            for seed in range(3):
                store.append(unfinished(arch, seed) if (arch, seed) == (7, 1) else made_up(arch, seed))
        store.append(made_up(129))  # 0.999
        store.append(unfinished(200))
        store.append(made_up(5, proxy="cifar10-8"))
    return path


@pytest.fixture(scope="session")
def bench(path: Path) -> Benchmark:
    return Benchmark.load(path)


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shelf(tmp_path_factory.mktemp("shelf") / "database", NAMES, seeds=3)
