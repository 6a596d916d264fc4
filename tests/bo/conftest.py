"""A small table, and a small comparison of searches."""

from pathlib import Path

import pytest

from sase_bench.bo import Plan, compare
from sase_bench.bo.comparison import Comparison
from sase_bench.database import Store
from tests.bo.tables import POOL, TABLE
from tests.records import DIGITS, made_up
from tests.search.found import FOUND
from tests.search.tables import measured, records


@pytest.fixture(scope="session")
def comparison() -> Comparison:
    plan = Plan(
        strategies=("random", "local", "linear"),
        metric="val_top1",
        evaluations=48,
        repeats=4,
        workers=2,
        refit_every=8,
        sees="seed",
    )
    return compare(TABLE, POOL, plan, found=[FOUND], processes=2)


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bo") / "table.duckdb"
    with Store(path, [DIGITS]) as store:
        for record in records(measured(every=24, seeds=2)):
            store.append(record)
        store.append(made_up(54983))  # 0.473
    return path
