from sase_bench.bo.bananas import mutants_of_the_best
from sase_bench.search import History, Pool
from sase_bench.space import Space

POOL = Pool.of(Space("tied"))


def test_before_there_is_a_result_every_open_block_is_a_candidate() -> None:
    history = History(POOL)
    history.take(0)
    assert mutants_of_the_best(history).tolist() == POOL.members[1:].tolist()


def test_candidates_are_the_open_neighbours_of_the_ten_best() -> None:
    history = History(POOL)
    told = POOL.members[::200].tolist()
    for place, arch in enumerate(told):
        history.tell(arch, None if place == 0 else float(place))  # the first one has no score: it is no parent
    pending = int(POOL.neighbours(told[1])[0])
    history.take(pending)
    found = mutants_of_the_best(history).tolist()
    neighbours = {arch for parent in told[1:11] for arch in POOL.neighbours(parent).tolist()}
    assert found == sorted(neighbours - {pending, *told})
    assert not set(POOL.neighbours(told[12]).tolist()) <= set(found)


def test_where_all_neighbours_were_tried_every_open_block_is_a_candidate() -> None:
    pool = Pool.of(Space("tied"), [0, 1, 117648])
    history = History(pool)
    history.tell(0, 1.0)
    history.tell(1, 2.0)
    assert mutants_of_the_best(history).tolist() == [117648]
