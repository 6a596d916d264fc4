import numpy as np
import pytest

from sase_bench.search import Pool
from sase_bench.space import Space
from tests.search.valley import additive


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
