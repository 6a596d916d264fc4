"""A table to be filled."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.records import DIGITS

if TYPE_CHECKING:
    from sase_bench.database import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    from sase_bench.database import Store  # here, so that tests without a table need no DuckDB

    return Store(tmp_path / "table.duckdb", [DIGITS])
