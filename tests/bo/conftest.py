"""A small comparison of searches."""

import pytest

from sase_bench.bo import Plan, compare
from sase_bench.bo.comparison import Comparison
from tests.bo.tables import POOL, TABLE
from tests.search.found import FOUND


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
