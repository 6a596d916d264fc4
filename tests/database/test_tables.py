"""A table as a source of runs, and a part of one as a shard."""

from pathlib import Path

import duckdb
import pytest

from sase_bench.database import Store, read_shard
from sase_bench.database.__main__ import main
from sase_bench.modules import Module
from sase_bench.record import Record
from tests.records import DIGITS, made_up, unfinished

RECORDS = [made_up(5), made_up(7), unfinished(9), made_up(5, 1), made_up(Module("eca").index)]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "a.duckdb"
    with Store(path, [DIGITS]) as store:
        for record in RECORDS:
            store.append(record)
    return path


def keys(path: Path) -> list[tuple[int, int]]:
    return [(run.arch, run.seed) for run in read_shard(path) if isinstance(run, Record)]


def test_a_table_is_merged_with_its_curves_and_modules(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = table.with_name("m.duckdb")
    for _ in range(2):
        assert main(["merge", str(table), "--db", str(other)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{table}: 5 added, 0 already there, 0 in conflict, 0 refused",
        f"{table}: 0 added, 5 already there, 0 in conflict, 0 refused",
    ]
    with Store(other) as store:
        assert [store.find(record.key) for record in RECORDS] == RECORDS


def test_the_rows_of_a_table_are_checked_like_those_of_a_shard(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with duckdb.connect(table) as connection:
        connection.execute("UPDATE runs SET val_top1 = 0.5 WHERE arch = 7")
    other = table.with_name("m.duckdb")
    assert main(["merge", str(table), "--db", str(other)]) == 1
    out = capsys.readouterr()
    assert "4 added, 0 already there, 0 in conflict, 1 refused" in out.out
    assert "run (7, 'digits', 0) ended ok with another val_top1 than its curve" in out.err


def test_a_table_is_not_merged_into_itself(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["merge", str(table), "--db", str(table)]) == 2
    assert capsys.readouterr().err == f"database: '{table}' is the table that is to be filled; name another one with --db\n"


def test_a_duckdb_file_that_is_no_table_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    duckdb.connect(tmp_path / "other.duckdb").close()
    assert main(["merge", str(tmp_path / "other.duckdb"), "--db", str(tmp_path / "m.duckdb")]) == 2
    assert "other.duckdb" in capsys.readouterr().err
    assert not (tmp_path / "m.duckdb").exists()


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        (["--seeds", "1,1"], [(5, 1)]),
        (["--seeds", "2"], [(5, 0), (7, 0), (9, 0), (5, 1)]),
        (["--arch", "5", "9"], [(5, 0), (9, 0), (5, 1)]),
        (["--arch", "5", "--seeds", "1"], [(5, 0)]),
        (["--modules", "--arch", "ECA"], [(Module("eca").index, 0)]),
    ],
)
def test_some_seeds_and_some_blocks_are_exported(table: Path, options: list[str], chosen: list[tuple[int, int]]) -> None:
    path = table.with_name("some.parquet")
    assert main(["export", str(path), "--db", str(table), *options]) == 0
    runs = {(run.arch, run.seed): run for run in RECORDS}
    assert list(read_shard(path)) == [runs[key] for key in chosen]


def test_an_export_without_a_run_is_refused(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = table.with_name("none.parquet")
    assert main(["export", str(path), "--db", str(table), "--seeds", "7,7"]) == 2
    assert capsys.readouterr().err == "database: there is no such run to export\n"
    assert not path.exists()


def test_a_missing_folder_is_made_for_a_shard(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = table.parent / "out dir" / "deeper" / "x.parquet"
    assert main(["export", str(path), "--db", str(table)]) == 0
    assert len(keys(path)) == 4
    assert main(["export", str(table / "x.parquet"), "--db", str(table)]) == 2
    (table.parent / "taken.parquet.new").mkdir()
    assert main(["export", str(table.parent / "taken.parquet"), "--db", str(table)]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith(f"database: cannot write '{table / 'x.parquet'}'")
    assert second.startswith(f"database: cannot write '{table.parent / 'taken.parquet'}'")
