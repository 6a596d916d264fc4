"""What every search strategy keeps, whatever it does."""

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import pytest

from sase_bench.bo import find
from sase_bench.errors import RequestError
from sase_bench.search import Pool, Strategy
from sase_bench.search.differentiable import DifferentiableSearch
from sase_bench.space import Space
from tests.search.found import FOUND
from tests.search.tables import true_scores

EXHAUSTIVE = [
    "random", "local", "evolution", "bananas", "linear:log-ei", "linear:noisy-log-ei", "linear:ucb", "linear:thompson",
    "gp",
]  # fmt: skip
OPTIONAL = {"forest": "sklearn", "xgb": "xgboost", "tpe": "optuna", "smac": "smac"}


def build(name: str) -> Callable[[Pool, int], Strategy]:
    if name == "differentiable":
        return lambda pool, seed: DifferentiableSearch(pool, seed, search=lambda number: FOUND)
    if name in OPTIONAL and find_spec(OPTIONAL[name]) is None:
        pytest.skip(f"{OPTIONAL[name]} is not installed")
    return find(name, refit_every=8 if name in ("xgb", "forest", "bananas") else 1)


EVERY = [*EXHAUSTIVE, *OPTIONAL, "differentiable"]
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning")


def searched(strategy: Strategy, count: int, batch: int = 1) -> list[int]:
    """Blocks in the order in which they were asked for; every seventh run has diverged."""
    asked: list[int] = []
    while len(asked) < count and (blocks := strategy.ask(min(batch, count - len(asked)))):
        for arch in blocks:
            asked.append(arch)
            objective = -float(true_scores(np.asarray([[arch // 7**i % 7 for i in range(5, -1, -1)]]))[0])
            strategy.tell(arch, None if len(asked) % 7 == 3 else objective)
    return asked


@pytest.mark.parametrize("name", EVERY)
def test_a_strategy_asks_for_blocks_of_the_pool_and_for_none_twice(name: str) -> None:
    pool = Pool.of(Space("tied"))
    strategy = build(name)(pool, 0)
    strategy.tell(0, -0.9)  # not asked for: known beforehand
    asked = [*searched(strategy, 12), *searched(strategy, 9, batch=3)]
    assert len(set(asked)) == len(asked) == (1 if name == "differentiable" else 21)
    assert all(arch in pool for arch in asked)
    assert 0 not in asked


@pytest.mark.parametrize("name", EXHAUSTIVE)
def test_a_strategy_tries_everything_and_then_asks_for_nothing(name: str) -> None:
    pool = Pool.of(Space("tied"), range(0, 7**6, 61))
    strategy = build(name)(pool, 1)
    assert 30 < len(pool) < 60
    assert strategy.ask(0) == []
    assert sorted(searched(strategy, 100, batch=4)) == pool.members.tolist()
    assert strategy.ask() == []


@pytest.mark.parametrize("name", EVERY)
def test_the_same_seed_is_the_same_search_and_no_global_generator_is_touched(name: str) -> None:
    np.random.seed(5)  # noqa: NPY002 - the state that is not to change
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    pool = Pool.of(Space("tied"))
    first, again, other = (searched(build(name)(pool, seed), 16, batch=2) for seed in (3, 3, 4))
    assert first == again
    assert (first == other) == (name == "differentiable")
    if name != "smac":  # SMAC seeds numpy itself
        assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


@pytest.mark.parametrize("name", EVERY)
def test_blocks_under_way_are_not_asked_for_again(name: str) -> None:
    strategy = build(name)(Pool.of(Space("tied")), 0)
    first = strategy.ask(16)
    for arch in first[:14]:
        strategy.tell(arch, -arch / 7**6)
    second = strategy.ask(3)
    assert len(set(first) | set(second)) == len(first) + len(second)


@pytest.mark.parametrize("name", EVERY)
def test_a_result_is_told_once_and_is_a_number(name: str) -> None:
    strategy = build(name)(Pool.of(Space("tied")), 0)
    (arch,) = strategy.ask()
    with pytest.raises(RequestError, match="is not a number; tell None"):
        strategy.tell(arch, float("nan"))
    strategy.tell(arch, None)
    with pytest.raises(RequestError, match=f"block {arch} was told before"):
        strategy.tell(arch, 0.1)


@pytest.mark.parametrize("name", EVERY)
def test_what_is_outside_the_pool_may_be_told(name: str) -> None:
    strategy = build(name)(Pool.of(Space("tied")), 0)
    strategy.tell(54983, -0.5)
    assert strategy.ask()


def test_only_a_search_that_trains_has_spent_time() -> None:
    pool = Pool.of(Space("tied"))
    strategies = {name: build(name)(pool, 0) for name in ("random", "gp", "differentiable")}
    assert [strategy.spent for strategy in strategies.values()] == [0, 0, 0]
    assert strategies["differentiable"].ask(5) == [FOUND.choose(pool)]
    assert strategies["differentiable"].spent == 60.0
    assert strategies["differentiable"].ask() == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "gpp",
            "unknown strategy 'gpp'; did you mean gp?",
        ),
        ("gp:ei", "unknown acquisition 'ei'; choose from log-ei, noisy-log-ei, ucb, thompson, independent-thompson"),
    ],
)
def test_a_name_that_is_none_says_which_there_are(name: str, message: str) -> None:
    with pytest.raises(RequestError) as error:
        find(name)
    assert str(error.value) == message
