"""What the tables of a table are."""

from collections.abc import Iterator

import duckdb
import pytest

from sase_bench.database.dimensions import create
from sase_bench.database.schema import BLOCK_TABLES, MODULE_TABLES
from sase_bench.record import COLUMNS, EPOCH_COLUMNS, KEY, Column


@pytest.fixture
def table() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        create(connection)
        yield connection


@pytest.mark.parametrize(("runs", "epochs"), [BLOCK_TABLES, MODULE_TABLES])
def test_columns_of_runs_and_curves_are_those_declared_and_may_be_missing_where_that_says_so(
    table: duckdb.DuckDBPyConnection, runs: str, epochs: str
) -> None:
    keys = [COLUMNS[name] for name in KEY]
    for name, columns, key in (
        (runs, [*COLUMNS.values()], [*KEY]),
        (epochs, [*keys, *EPOCH_COLUMNS.values()], [*KEY, "epoch"]),
    ):
        described = table.execute(f"DESCRIBE {name}").fetchall()
        assert [row[:3] for row in described] == [(column.name, column.sql_type, may_be_missing(column)) for column in columns]
        assert [row[0] for row in described if row[3] == "PRI"] == key


def may_be_missing(column: Column) -> str:
    return "YES" if column.nullable else "NO"


def test_scores_have_a_mean_and_a_deviation_of_validation_scores_and_of_the_time(table: duckdb.DuckDBPyConnection) -> None:
    assert [row[0] for row in table.execute("DESCRIBE scores").fetchall()] == [
        *("arch", "proxy", "runs", "seeds", "diverged", "failed"),
        *("val_top1", "val_top1_sd", "val_loss", "val_loss_sd", "train_seconds", "train_seconds_sd"),
    ]
