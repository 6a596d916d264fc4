from pathlib import Path

from sase_bench.report.evidence.holdings import surrounded
from sase_bench.space import Architecture
from tests.query.tables import write
from tests.records import made_up, unfinished


def test_a_block_is_surrounded_when_all_of_its_neighbours_were_trained_however_that_ended(tmp_path: Path) -> None:
    first, *others = Architecture(54983).neighbours()
    runs = [made_up(54983), unfinished(first.index), *(made_up(arch.index) for arch in others)]
    assert surrounded(write(tmp_path / "all.duckdb", runs), "digits") == {54983}
    assert surrounded(write(tmp_path / "most.duckdb", runs[:-1]), "digits") == set()
    assert surrounded(tmp_path / "all.duckdb", "cifar10-8") == set()
