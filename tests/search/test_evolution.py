from sase_bench.search import Pool
from sase_bench.search.evolution import RegularisedEvolution
from sase_bench.space import Space

POOL = Pool.of(Space("tied"))
FAR = 117648  # the last block: no free choice in common with the first


def test_evolution_asks_for_mutants_of_the_young_and_forgets_the_old() -> None:
    search = RegularisedEvolution(POOL, 0, population=3, tournament=50)
    for arch, objective in ((0, -10.0), (16807, 3.0), (33614, 2.0), (50421, 1.0)):
        search.tell(arch, objective)
    (mutant,) = search.ask()
    assert mutant in POOL.neighbours(50421)
    search.tell(mutant, 9.0)
    search.tell(FAR, 0.0)
    (mutant,) = search.ask()
    assert mutant in POOL.neighbours(FAR)
