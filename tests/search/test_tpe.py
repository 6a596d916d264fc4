import numpy as np
import pytest

from sase_bench.search import Pool
from sase_bench.space import Space
from tests.search.valley import additive

POOL = Pool.of(Space("tied"))


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
