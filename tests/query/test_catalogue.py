from pathlib import Path

import duckdb
import pytest

from sase_bench.database import Store
from sase_bench.database.reader import open_file
from sase_bench.database.schema import MODULE_TABLES, schema_sql
from sase_bench.query import ask
from sase_bench.query.catalogue import DESCRIPTIONS
from sase_bench.query.metrics import METRICS
from sase_bench.record import COLUMNS, EPOCH_COLUMNS, KEY
from tests.query.conftest import Ask
from tests.query.tables import NAMES, PLAIN, SQUEEZED
from tests.records import DIGITS, made_up


def test_proxies_tells_recipes_and_runs(asked: Ask) -> None:
    answer = asked("proxies", proxy=None)
    assert answer.columns == (
        "proxy", "dataset", "resolution", "trunk", "epochs", "train_size", "val_size", "test_size",
        "measured", "runs", "seeds", "diverged", "failed",
    )  # fmt: skip
    assert answer.rows == (
        ("cifar10-8", "cifar10", 8, "resnet8-w8-8px-3x10", 8, 20_000, 25_000, 10_000, 2, 3, 3, 0, 0),
        ("digits", "digits", 8, "resnet8-w8-8px-1x10", 12, 700, 700, 397, 4, 12, 4, 3, 1),
        ("fashion-16", "fashion", 16, "resnet8-w8-16px-1x10", 4, 20_000, 20_000, 10_000, 0, 0, 0, 0, 0),
    )
    assert asked("proxies", proxy="digits").rows == answer.rows[1:2]


def test_every_column_of_the_schema_is_described(asked: Ask) -> None:
    answer = asked("columns")
    with duckdb.connect() as connection:
        connection.execute(schema_sql())
        names = connection.execute("SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal ORDER BY ALL")
        assert sorted(row[:2] for row in answer.rows) == names.fetchall()
    assert all(record["description"] for record in answer.records())
    assert {table for table, *_ in answer.rows} == {*DESCRIPTIONS, "runs", "validation_runs", "epochs", *MODULE_TABLES}


def test_columns_repeat_what_the_record_declares(asked: Ask) -> None:
    rows = asked("columns").rows
    declared = [
        (column.name, column.sql_type, column.unit or None, column.better, column.split, column.description)
        for column in COLUMNS.values()
    ]
    assert [row[1:] for row in rows if row[0] == "runs"] == declared
    assert [row[1] for row in rows if row[0] == "epochs"] == [*KEY, *EPOCH_COLUMNS]
    assert ("costs", "latency", "DOUBLE", "s", "smaller", None, METRICS["latency"].description) in rows
    assert ("scores", "val_top1", "DOUBLE", "fraction 0..1", "larger", "validation") in [row[:6] for row in rows]
    assert ("architectures", "channel_gate", "ENUM") in [row[:3] for row in rows]


def test_summary_tells_for_each_proxy_what_there_is(asked: Ask) -> None:
    cifar, digits, fashion = asked("summary", proxy=None).records()
    assert digits == {
        "proxy": "digits", "ranked_by": "val_loss",
        "architectures": 5, "runs": 12, "ok": 8, "diverged": 3, "failed": 1, "divergence_rate": 0.25,
        "seeds_min": 0, "seeds_max": 3, "median_train_seconds": 1.75,
        "reliability": None, "reliability_low": None, "reliability_high": None, "judged_blocks": None, "judged_seeds": None,
        "tied": 3, "tied_of": 2401, "full": 4, "full_of": 117_649,
        "best_val_loss_arch": SQUEEZED, "best_val_loss_text": NAMES[SQUEEZED], "best_val_loss": 0.28125,
        "best_val_loss_seeds": 1,
        "best_val_top1_arch": SQUEEZED, "best_val_top1_text": NAMES[SQUEEZED], "best_val_top1": 0.90625,
        "best_val_top1_seeds": 1,
        "best_train_loss_arch": PLAIN, "best_train_loss_text": NAMES[PLAIN], "best_train_loss": 2.0,
        "best_train_loss_seeds": 2,  # with one seed that is kind to all SQUEEZED has 1.0
    }  # fmt: skip
    for metric in ("loss", "top1", "train_loss"):
        (first,) = asked(f"top 1 by {metric} on digits", proxy=None).records()
        assert first["arch"] == digits[f"best_{METRICS[metric].val_column}_arch"]
    assert (cifar["best_val_loss_arch"], cifar["best_val_top1_arch"]) == (PLAIN, PLAIN)
    assert (cifar["tied"], cifar["full"], cifar["best_val_top1_seeds"]) == (1, 2, 1)
    assert [fashion[name] for name in ("runs", "seeds_min", "full", "best_val_loss", "best_val_loss_arch")] == [
        0,
        None,
        0,
        None,
        None,
    ]


def test_summary_says_what_its_reliability_is_of_and_how_to_have_one(tmp_path: Path) -> None:
    path = tmp_path / "table.duckdb"
    with Store(path, [DIGITS]) as store:
        for arch in range(3):
            for seed in range(2):
                store.append(made_up(arch, seed))
    missing = (
        f"the reliability on digits was not measured; python -m sase_bench.calibrate --measured --proxy digits --db {path}"
    )
    assert ask("summary", db=path).notes == (missing,)
    with Store(path) as store:
        row = {"proxy": "digits", "metric": "val_loss", "reference": None, "reliability": 0.5, "reliability_low": None}
        row |= {"blocks": 3, "seeds": 2, "unscored": 0, "runs": 6, "seconds": 1.0, "reliability_high": None}
        store.replace_calibrations([row])
    (note,) = ask("summary", db=path).notes
    assert note.startswith("reliability: of the mean of a judged block over the judged seeds")


def test_summary_of_test_scores_and_of_one_proxy(asked: Ask) -> None:
    (record,) = asked("summary", proxy="cifar10-8", test=True).records()
    assert (record["best_test_loss_arch"], record["best_test_loss"]) == (PLAIN, 1.875)
    assert (record["best_test_top1"], record["best_test_top1_arch"]) == (0.5 - 1 / 32, PLAIN)


def test_summary_tells_the_reliability_that_was_measured_last(tmp_path: Path) -> None:
    path = tmp_path / "table.duckdb"
    row: dict[str, object] = {"proxy": "digits", "metric": "val_loss", "blocks": 3, "seeds": 2, "unscored": 0, "runs": 6}
    row |= {"seconds": 1.0, "reliability_low": None, "reliability_high": None}
    for reliability, reference in ((0.1, None), (0.9, "cifar10-8"), (0.5, None)):
        with Store(path, [DIGITS]) as store:
            store.replace_calibrations([row | {"reliability": reliability, "reference": reference}])
            other = {"proxy": "cifar10-8", "metric": "val_top1", "reliability": 0.3, "reference": None}
            store.replace_calibrations([row | other])
        found = ask("summary", db=path)
        (record,) = found.records()
        assert (record["reliability"], record["judged_blocks"], record["judged_seeds"]) == (reliability, 3, 2)
        kept = ask("sql SELECT proxy, reference, reliability FROM calibrations ORDER BY ALL", db=path).rows
        assert kept == (("cifar10-8", None, 0.3), ("digits", reference, reliability))
    with open_file(path, read_only=False) as table:  # as tables were written that kept a row for each reference
        table.execute(
            "INSERT INTO calibrations BY NAME SELECT * REPLACE ('a' AS reference, 0.7 AS reliability) FROM calibrations"
        )
    (record,) = ask("summary", db=path).records()
    assert record["reliability"] == 0.7


@pytest.mark.parametrize("query", ["summary", "proxies"])
def test_a_table_without_runs_says_how_to_fill_it(empty: Path, query: str) -> None:
    answer = ask(query, db=empty)
    assert [record["proxy"] for record in answer.records()] == ["digits"]
    assert answer.notes == (f"'{empty}' holds no runs yet; make some with: python -m sase_bench.sweep --db {empty}",)
