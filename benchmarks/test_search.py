"""How long `ask` takes over all 117,649 blocks with 200 observations: with the refit, and the scoring alone."""

import numpy as np
import pytest

from sase_bench.bo import BayesianSearch, find
from sase_bench.bo.acquisition import predict
from sase_bench.search import Pool
from sase_bench.space import Space
from tests.search.tables import true_scores

POOL = Pool.of(Space("full"))


def observed(name: str) -> BayesianSearch:
    search = find(name)(POOL, 0)
    assert isinstance(search, BayesianSearch)
    rows = np.random.default_rng(0).choice(len(POOL), 200, replace=False)
    scores = true_scores(POOL.digits[rows]) + np.random.default_rng(1).normal(0, 0.003, 200)
    for arch, score in zip(POOL.members[rows].tolist(), scores.tolist(), strict=True):
        search.tell(arch, -score)
    search.learn()
    return search


@pytest.mark.parametrize("name", ["xgb", "gp", "linear", "forest"])
def test_ask_with_the_refit(benchmark, name: str) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    def fresh() -> tuple[tuple[BayesianSearch], dict[str, object]]:
        search = observed(name)
        search.tell(int(search.history.open()[0]), -0.7)  # news: the surrogate is to be fitted again
        return (search,), {}

    asked = benchmark.pedantic(lambda search: search.ask(), setup=fresh, rounds=5)
    assert len(asked) == 1


@pytest.mark.parametrize("name", ["xgb", "gp", "linear", "forest"])
def test_scoring(benchmark, name: str) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    search = observed(name)
    prediction = benchmark(lambda: predict(search._surrogate, search.history.open()))
    assert len(prediction.mean) == len(POOL) - 200
