from sase_bench.search import Pool
from sase_bench.search.local_search import LocalSearch
from sase_bench.space import Space
from tests.search.valley import additive

POOL = Pool.of(Space("tied"))
FAR = 117648  # the last block: no free choice in common with the first


def test_local_search_climbs_to_the_best_block_where_there_is_one_summit() -> None:
    search = LocalSearch(POOL, 0)
    for _ in range(90):
        (arch,) = search.ask()
        search.tell(arch, additive(arch))
    assert search.history.best is not None
    assert additive(search.history.best) == 0


def test_local_search_moves_to_the_first_better_neighbour_and_starts_anew_when_there_is_none() -> None:
    search = LocalSearch(Pool.of(Space("tied"), [0, 1, 2, 3, FAR]), 0, initial=1)
    search.tell(0, 1.0)
    (arch,) = search.ask()
    assert arch in (1, 2, 3)
    search.tell(arch, 0.5)
    for _ in range(2):
        (other,) = search.ask()
        assert other in POOL.neighbours(arch)
        search.tell(other, 2.0)
    assert search.ask() == [FAR]  # no neighbour is left: a new start
