"""What a predictor did not predict is not ranked by it."""

from pathlib import Path

import duckdb
import pytest

from sase_bench.errors import RequestError
from sase_bench.query import ask
from tests.query.tables import run, write


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Two measured blocks, and two with losses that a predictor predicts."""
    path = write(tmp_path / "table.duckdb", [run(arch, 0, 0.5, 1.0 + arch, 1.0) for arch in (1, 2)])
    with duckdb.connect(path) as connection:
        connection.execute("INSERT INTO predictions VALUES ('digits', 'val_loss', 'gp', 3, 0.5, 0.1)")
        connection.execute("INSERT INTO predictions VALUES ('digits', 'val_loss', 'gp', 4, 2.5, 0.1)")
    return path


@pytest.mark.parametrize("query", ["top 3 by loss", "top 3 by val_loss where params > 0", "pareto loss vs params"])
def test_what_was_predicted_is_ranked_with_what_was_measured(table: Path, query: str) -> None:
    found = {record["arch"]: record for record in ask(query, db=table, predicted="gp").records()}
    assert found[3]["predicted"]
    assert (found[3]["val_loss_sd"], found[3]["predicted_sd"], found[3]["seeds"]) == (None, 0.1, 0)  # of no seeds
    measured = [record for record in found.values() if not record["predicted"]]
    assert {record["predicted_sd"] for record in measured} <= {None}


@pytest.mark.parametrize(
    "query", ["top 3 by top1", "top 3 by val_top1", "pareto loss vs top1", "top 3 by loss where top1 > 40%"]
)
def test_a_score_that_was_not_predicted_is_refused_with_the_way_out(table: Path, query: str) -> None:
    with pytest.raises(RequestError) as error:
        ask(query, db=table, predicted="gp")
    assert str(error.value) == (
        "gp has no predictions of val_top1 on the proxy digits; make them with: python -m sase_bench.predictors predict "
        f"--metric val_top1 --predictor gp --proxy digits --db {table}"
    )


def test_a_time_cannot_be_predicted(table: Path) -> None:
    with pytest.raises(RequestError, match="gp predicts val_loss, not train_seconds; ask without --predicted"):
        ask("top 3 by train_seconds", db=table, predicted="gp")


def test_a_cost_is_known_of_every_block(table: Path) -> None:
    answer = ask("top 9 by params", db=table, predicted="gp")
    assert len(answer.rows) == 4
    assert "predicted_sd" not in [field.name for field in answer.fields]
