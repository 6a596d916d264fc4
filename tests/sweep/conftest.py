"""A table to be filled."""

from pathlib import Path

import pytest

from sase_bench.database import Store
from tests.records import DIGITS


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "table.duckdb", [DIGITS])
