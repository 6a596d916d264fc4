import pytest

from sase_bench.search import Pool
from sase_bench.space import Architecture, Space
from tests.search.valley import additive

POOL = Pool.of(Space("tied"))
FAR = 117648  # the last block: no free choice in common with the first


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
