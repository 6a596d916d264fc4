from sase_bench.search import Pool
from sase_bench.search.differentiable import DifferentiableSearch, Found
from sase_bench.space import Space
from tests.search.found import FOUND

POOL = Pool.of(Space("tied"))


def test_a_search_is_trained_once_when_it_is_first_asked_and_asks_for_one_block() -> None:
    seeds: list[int] = []

    def search(seed: int) -> Found:
        seeds.append(seed)
        return FOUND

    strategy = DifferentiableSearch(POOL, 3, search=search)
    assert (strategy.spent, seeds) == (0.0, [])
    assert strategy.ask(5) == [FOUND.choose(POOL)]
    assert (strategy.spent, seeds) == (60.0, [3])
    strategy.tell(FOUND.choose(POOL), 0.5)
    assert strategy.ask() == []
    assert seeds == [3]
    assert strategy.history.best == FOUND.choose(POOL)


def test_a_block_that_was_told_before_is_not_asked_for() -> None:
    strategy = DifferentiableSearch(POOL, search=lambda seed: FOUND)
    strategy.tell(FOUND.choose(POOL), 0.5)
    assert strategy.ask() == []
    assert strategy.spent == 60.0  # it was trained all the same
