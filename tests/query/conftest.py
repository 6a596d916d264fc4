from collections.abc import Callable
from pathlib import Path

import pytest

from sase_bench.query import Answer, ask
from tests.query import tables

Ask = Callable[..., Answer]


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tables.write(tmp_path_factory.mktemp("query") / "table.duckdb", [*tables.RECORDS, *tables.APART], tables.USED)


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tables.write(tmp_path_factory.mktemp("query") / "empty.duckdb", [])


@pytest.fixture
def asked(table: Path) -> Ask:
    """`ask` on the table of `tables`; the proxy digits where neither the query nor the test names one."""

    def on_digits(text: str, *, proxy: str | None = "digits", test: bool = False) -> Answer:
        return ask(text, db=table, proxy=proxy, test=test)

    return on_digits
