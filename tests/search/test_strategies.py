"""What each strategy is known for."""

import numpy as np
import pytest

from sase_bench.search import Pool
from sase_bench.search.evolution import RegularisedEvolution
from sase_bench.search.local_search import LocalSearch
from sase_bench.space import Architecture, Space

POOL = Pool.of(Space("tied"))
FAR = 117648  # the last block: no free choice in common with the first


def additive(arch: int) -> float:
    """One valley, at the block whose digits are all 3."""
    return float(sum((digit - 3) ** 2 for digit in Architecture(arch).digits))


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


def test_tpe_proposes_what_has_been_good() -> None:
    pytest.importorskip("optuna")
    from sase_bench.search.tpe import TPE

    search = TPE(POOL, 0)
    asked = []
    for _ in range(60):
        (arch,) = search.ask()
        asked.append(additive(arch))
        search.tell(arch, asked[-1])
    assert np.mean(asked[10:40]) < 0.7 * np.mean(asked[:10])
    assert min(asked) <= 1


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning")
def test_smac_learns_what_it_is_told() -> None:
    pytest.importorskip("smac")
    from sase_bench.search.smac import SMAC

    search = SMAC(POOL, 0, initial=6)
    asked = [FAR]
    search.tell(FAR, additive(FAR))  # not its own proposal
    for _ in range(12):
        (arch,) = search.ask()
        asked.append(arch)
        search.tell(arch, additive(arch))
    told = {
        Architecture.from_operations(dict(search._smac.runhistory.get_config(trial.config_id))).index: value.cost
        for trial, value in search._smac.runhistory.items()
    }
    assert told == {arch: additive(arch) for arch in asked}


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning")
def test_smac_searches_a_sparse_pool_to_its_end_by_its_model() -> None:
    """By local search in all 117,649 blocks its second proposal took minutes."""
    pytest.importorskip("smac")
    from sase_bench.search.smac import SMAC

    pool = Pool.of(Space("full"), np.random.default_rng(0).permutation(7**6)[:60].tolist())
    search, asked = SMAC(pool, 0, initial=6), []
    while blocks := search.ask():
        asked += blocks
        search.tell(blocks[0], additive(blocks[0]))
    assert sorted(asked) == pool.members.tolist()
    ranks = [float(additive(arch)) for arch in asked]
    assert np.mean(ranks[6:26]) < np.mean(ranks[26:])  # what is left to the end is worse
