"""How long the table side takes: medians on this machine, compared with each other, never asserted."""

from pathlib import Path
from typing import Any

import pytest

from sase_bench.cost import count
from sase_bench.database import Store, connect, export, read_shard
from sase_bench.query import ask
from sase_bench.space import Architecture, Space
from sase_bench.trunk import ResNetTrunk
from tests.records import DIGITS, made_up


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of 2,401 tied blocks with three seeds each."""
    path = tmp_path_factory.mktemp("bench") / "table.duckdb"
    with Store(path, [DIGITS]) as store:
        for arch in Space("tied"):
            for seed in range(3):
                store.append(made_up(arch.index, seed))
    return path


def test_costs_of_the_whole_space_in_resnet50(benchmark: Any) -> None:
    digits = Space("full").digits()
    benchmark(count, ResNetTrunk(depth=50), digits)


def test_parse_and_print_a_block(benchmark: Any) -> None:
    benchmark(lambda: str(Architecture.parse("gap+gmp/2conv_1x1/affine/p-norm/gap/2conv_3x3")))


@pytest.mark.parametrize("question", ["top 10 by top1", "rank 0 by loss", "summary", "effect spatial_excite by loss"])
def test_answer(benchmark: Any, table: Path, question: str) -> None:
    benchmark(ask, question, db=table)


def test_append_a_run(benchmark: Any, tmp_path: Path) -> None:
    with Store(tmp_path / "table.duckdb", [DIGITS]) as store:
        store._cost = 1e9  # no publication in between
        runs = iter(made_up(arch) for arch in range(117_649))
        benchmark.pedantic(lambda: store.append(next(runs)), rounds=200)


def test_publish_a_run_into_a_table_of_7203(benchmark: Any, table: Path) -> None:
    with Store(table) as store:
        archs = iter(arch for arch in Space("full") if not arch.is_tied)
        benchmark.pedantic(store.publish, setup=lambda: store.append(made_up(next(archs).index)) and None, rounds=20)


def test_export_and_read_back_a_shard(benchmark: Any, table: Path, tmp_path: Path) -> None:
    def there_and_back() -> None:
        with connect(table) as connection:
            export(connection, tmp_path / "shard.parquet")
        assert sum(1 for _ in read_shard(tmp_path / "shard.parquet")) >= 7203

    benchmark.pedantic(there_and_back, rounds=3)
