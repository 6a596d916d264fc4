from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from time import monotonic

import duckdb
import pytest
from packaging.version import Version

from sase_bench.errors import RequestError
from sase_bench.query import Answer
from sase_bench.query.sandbox import run
from tests.query.tables import RECORDS

REFUSED = [
    # files and the network
    "SELECT * FROM '{file}'",
    "SELECT * FROM read_csv('{file}')",
    "SELECT * FROM read_text('{file}')",
    "SELECT * FROM read_blob('{file}')",
    "SELECT * FROM read_parquet('{file}')",
    "SELECT * FROM read_json('{file}')",
    "SELECT * FROM sniff_csv('{file}')",
    "SELECT * FROM glob('{folder}/*')",
    "SELECT * FROM read_csv('https://example.org/x.csv')",
    "SELECT * FROM 's3://bucket/x.parquet'",
    "COPY runs TO '{folder}/out.csv'",
    "EXPLAIN ANALYZE COPY runs TO '{folder}/out.csv'",
    "EXPORT DATABASE '{folder}/out'",
    "ATTACH '{file}' AS other",
    "ATTACH '{folder}/out.duckdb' AS other",
    "SELECT * FROM duckdb_secrets()",
    "SELECT getenv('HOME')",
    # extensions and settings
    "INSTALL httpfs",
    "LOAD httpfs",
    "PRAGMA database_list",
    "SET enable_external_access = true",
    "SET memory_limit = '100GB'",
    "SELECT * FROM enable_logging(storage = 'file', storage_config = {{'path': '{folder}/out'}})",
    "SELECT * FROM enable_profiling()",
    "CALL pragma_version()",
    # writing
    "CREATE TABLE x (a INTEGER)",
    "CREATE TEMP TABLE x AS SELECT 1",
    "INSERT INTO runs VALUES (1)",
    "UPDATE runs SET seed = 1",
    "DELETE FROM runs",
    "DROP VIEW runs",
    "ALTER TABLE runs RENAME TO x",
    "WITH x AS (DELETE FROM runs RETURNING *) SELECT * FROM x",
    "VACUUM",
    "BEGIN",
    "USE memory",
    "PREPARE p AS SELECT 1",
    # not one statement
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP VIEW runs",
    "-- nothing",
    ";",
    # not a statement that DuckDB can run
    "SELEC 1",
    "SELECT 'open",
    "SELECT nothing FROM runs",
    "SELECT * FROM rnus",
    "SELECT 'a'::INTEGER",
    "SELECT ?",
]


@pytest.mark.parametrize("statement", REFUSED)
def test_what_does_not_only_read_the_table_is_refused(table: Path, tmp_path: Path, statement: str) -> None:
    file = tmp_path / "file.csv"
    file.write_text("a,b\n1,2\n")
    before = table.read_bytes()
    with pytest.raises(RequestError) as refused:
        run(statement.format(file=file, folder=tmp_path), path=table)
    assert "\n" not in str(refused.value)
    assert "Traceback" not in str(refused.value)
    assert list(tmp_path.iterdir()) == [file]
    assert table.read_bytes() == before


def rows(answer: Answer) -> list[tuple[object, ...]]:
    return list(answer.rows)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT count(*) FROM runs", [(len(RECORDS),)]),
        ("SELECT count(*) FROM validation_runs;", [(len(RECORDS),)]),
        ("FROM about ORDER BY key", [("format", "sase-bench"), ("schema_version", "1")]),
        ("SELECT text FROM architectures WHERE arch = 0", [("gap/3conv1d_3/3conv1d_3/gap/gap/conv_3x1_1x3",)]),
        ("SELECT count(DISTINCT trunk) FROM costs", [(3,)]),
        ("SELECT max(epoch) FROM epochs WHERE proxy = 'digits'", [(12,)]),
        ("SELECT seeds, val_top1 FROM scores WHERE arch = 54983 AND proxy = 'digits'", [(3, 0.90625)]),
        ("WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT max(n) FROM t", [(5,)]),
        ("VALUES (1), (2)", [(1,), (2,)]),
    ],
)
def test_reading_is_free(table: Path, statement: str, expected: list[tuple[object, ...]]) -> None:
    assert rows(run(statement, path=table)) == expected


def test_a_time_with_a_zone_is_given_or_the_refusal_has_the_way_out(table: Path) -> None:
    if Version(duckdb.__version__) < Version("2.0.1") and not find_spec("pytz"):
        with pytest.raises(RequestError, match=r"is not installed; cast times with a zone to VARCHAR$"):
            run("SELECT now()", path=table)
        return
    ((now,),) = run("SELECT now()", path=table).rows
    assert isinstance(now, datetime)
    assert now.tzinfo is not None


@pytest.mark.parametrize("statement", ["DESCRIBE runs", "SHOW TABLES", "SUMMARIZE costs", "EXPLAIN SELECT * FROM runs"])
def test_statements_about_statements_are_free_too(table: Path, statement: str) -> None:
    assert run(statement, path=table).rows


def test_every_table_and_view_of_the_file_is_there(table: Path) -> None:
    with duckdb.connect(table, read_only=True) as connection:
        names = connection.execute("SELECT table_name FROM information_schema.tables ORDER BY ALL").fetchall()
    assert rows(run("SHOW TABLES", path=table)) == names


def test_errors_keep_what_duckdb_suggests_and_hide_the_private_name(table: Path) -> None:
    with pytest.raises(RequestError, match=r'Referenced column "val_los" not found in FROM clause! Candidate.*"val_loss"'):
        run("SELECT val_los FROM runs", path=table)
    with pytest.raises(RequestError) as refused:
        run("SELECT * FROM rnus", path=table)
    assert 'Did you mean "runs"?' in str(refused.value)
    assert "table_" not in str(refused.value)


def test_columns_of_the_same_name_are_told_apart(table: Path) -> None:
    assert run("SELECT 1 AS a, 2 AS a, 3 AS a_1, 4 AS a", path=table).columns == ("a", "a_1", "a_1_1", "a_2")


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT test_top1 FROM runs",
        "SELECT max(TEST_LOSS) FROM validation_runs",
        'SELECT "test_loss" FROM runs',
        "SELECT 'test_top1'",
    ],
)
def test_test_scores_are_refused_without_test(table: Path, statement: str) -> None:
    with pytest.raises(RequestError, match=r"test_(loss|top1) is a test metric; add --test to reveal test metrics"):
        run(statement, path=table)


def test_without_test_no_star_reaches_the_test_scores(table: Path) -> None:
    for relation in ("runs", "validation_runs", "scores"):
        assert not any(name.startswith("test_") for name in run(f"SELECT * FROM {relation}", path=table).columns)
    with pytest.raises(RequestError, match="No matching columns found"):
        run("SELECT COLUMNS('te.t_.*') FROM runs", path=table)


@pytest.mark.parametrize(
    "call",
    [
        "query('SELECT * FROM ' || (SELECT max(database_name) FROM duckdb_databases()) || '.runs')",
        "query_table((SELECT max(database_name) || '.runs' FROM duckdb_databases()))",
        "duckdb_databases() AS d, query('SELECT * FROM ' || d.database_name || '.runs')",
        "duckdb_databases() AS d, query_table(d.database_name || '.runs')",
    ],
)
def test_the_private_name_cannot_be_used_by_the_statement_that_finds_it(table: Path, call: str) -> None:
    with pytest.raises(RequestError):
        run(f"SELECT * FROM {call}", path=table)
    (one,), (other,) = (
        run("SELECT database_name FROM duckdb_databases() WHERE path IS NOT NULL", path=table).rows for _ in "ab"
    )
    assert one != other


def test_with_test_the_scores_are_there_and_a_note_says_so(table: Path) -> None:
    answer = run("SELECT test_top1 FROM runs WHERE arch = 0 AND seed = 0", path=table, test=True)
    assert answer.rows == ((0.75 - 1 / 32,),)
    assert answer.notes == ("test metrics were revealed: runs has the columns test_loss and test_top1",)


@pytest.mark.parametrize(
    "statement",
    [
        "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t",
        "SELECT count(*) FROM costs a, costs b WHERE a.params * b.flops % 7 = 3",
        "SELECT range FROM range(100000000000)",
    ],
)
def test_a_statement_without_end_is_ended(table: Path, statement: str) -> None:
    start = monotonic()
    with pytest.raises(RequestError, match=r"the statement took longer than 0.2 s; ask for less"):
        run(statement, path=table, seconds=0.2)
    assert monotonic() - start < 5


def test_a_name_of_this_program_is_not_a_table(table: Path) -> None:
    RECORDS_HERE = {"a": [1, 2]}  # noqa: F841, N806
    with pytest.raises(RequestError, match="RECORDS_HERE does not exist"):
        run("SELECT * FROM RECORDS_HERE", path=table)


def test_a_path_with_a_quote_is_a_path(table: Path, tmp_path: Path) -> None:
    copy = tmp_path / "it's a table.duckdb"
    copy.write_bytes(table.read_bytes())
    assert rows(run("SELECT count(*) FROM runs", path=copy)) == [(len(RECORDS),)]
