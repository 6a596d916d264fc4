from collections import Counter

from sase_bench.search import Pool
from sase_bench.search.random_search import RandomSearch
from sase_bench.space import Space

POOL = Pool.of(Space("tied"), [0, 1, 2, 3])


def test_every_block_is_as_likely_as_any_other_to_come_first() -> None:
    first = Counter(RandomSearch(POOL, seed).ask()[0] for seed in range(2000))
    assert set(first) == {0, 1, 2, 3}
    assert all(abs(count - 500) < 100 for count in first.values())  # five standard deviations


def test_what_was_told_without_being_asked_for_is_passed_over() -> None:
    search, other = RandomSearch(POOL, 7), RandomSearch(POOL, 7)
    order = other.ask(9)
    assert sorted(order) == [0, 1, 2, 3]
    search.tell(order[1], 0.5)
    assert search.ask(2) == [order[0], order[2]]
    assert search.ask(2) == [order[3]]
