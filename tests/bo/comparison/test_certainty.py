from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sase_bench.benchmark import Benchmark, Measured
from sase_bench.bo.comparison.certainty import Certainty, certainty
from sase_bench.bo.comparison.regret import Truth
from sase_bench.database import Store
from sase_bench.query import ask
from sase_bench.search import Pool
from sase_bench.space import Space
from tests.bo.tables import POOL
from tests.records import DIGITS
from tests.search.tables import measured, records


def certain(table: Measured, pool: Pool = POOL) -> Certainty | None:
    return certainty(table, Truth.of(table, pool, "val_top1"))


def test_without_noise_the_tables_order_is_true_and_in_pure_noise_it_is_nothing() -> None:
    exact = certain(measured(every=8, noise=0.0))
    assert exact is not None
    assert (exact["seed_sd"], exact["top_1_percent"]) == (pytest.approx(0, abs=1e-9), pytest.approx(1))
    assert exact["oracle_place"] == [1, 1]
    noisy = certain(measured(every=8, noise=10.0))
    assert noisy is not None
    assert noisy["seed_sd"] == pytest.approx(10, rel=0.1)
    assert noisy["oracle_place"][1] > 200
    assert noisy["top_1_percent"] < 0.2
    assert certain(measured(every=8, seeds=1)) is None


def test_a_run_with_a_further_seed_does_not_take_the_certainty_away() -> None:
    table = measured(every=80, seeds=4)
    status, top1 = table.status.copy(), table.val_top1.copy()
    status[1:, 3], top1[1:, 3] = -1, np.nan
    found = certain(replace(table, status=status, val_top1=top1), Pool.of(Space("tied"), table.archs.tolist()))
    assert found is not None
    assert found["blocks"] == len(table.archs)
    assert found["degrees"] == (status == 0).sum() - len(table.archs) - 3


@pytest.mark.parametrize("metric", ["val_loss", "val_top1"])
def test_the_oracle_has_the_place_that_a_query_gives_it(metric: str, tmp_path: Path) -> None:
    """The same table, some runs missing: one interval, whoever is asked for it."""
    table = measured(every=40, seed=3, noise=0.006)
    with Store(tmp_path / "table.duckdb", [DIGITS]) as store:
        for run in records(table):
            if (run.arch + run.seed) % 4:
                store.append(run)
    there = Benchmark.load(tmp_path / "table.duckdb").measured()
    truth = Truth.of(there, Pool.of(Space("tied"), there.archs.tolist()), metric)
    found = certainty(there, truth)
    (record,) = ask(f"rank {truth.oracle} by {metric}", db=tmp_path / "table.duckdb").records()
    assert found is not None
    assert found["oracle_place"] == [record["place_low"], record["place_high"]]
    assert (found["blocks"], found["seed_sd"]) == (record["of"], pytest.approx(record["seed_sd"]))
    assert record["place_high"] > record["place_low"]
