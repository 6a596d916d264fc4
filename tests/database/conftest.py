from pathlib import Path

import pytest

from sase_bench.database import Store, connect, export
from sase_bench.recipes.registry import PROXIES
from tests.database.tables import RECORDS
from tests.records import DIGITS, made_up


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a table is to be made."""
    return tmp_path / "table.duckdb"


@pytest.fixture
def shard(tmp_path: Path) -> Path:
    """A shard of `RECORDS`."""
    with Store(tmp_path / "first.duckdb", [DIGITS, PROXIES["cifar10-8"]]) as store:
        for record in [*RECORDS, made_up(1, proxy="cifar10-8")]:
            store.append(record)
    path = tmp_path / "shelf" / "digits.parquet"
    path.parent.mkdir()
    with connect(tmp_path / "first.duckdb") as table:
        assert export(table, path, proxy="digits") == len(RECORDS)
    return path
