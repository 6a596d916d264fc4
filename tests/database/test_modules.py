"""Runs of published modules, which stand beside the blocks' and never among them."""

from pathlib import Path

import duckdb
import pytest

from sase_bench.database import ShardWriter, Store, connect, export, merge, read_shard
from sase_bench.database.__main__ import main
from sase_bench.database.check import check, check_shelf
from sase_bench.database.rows import keys_in
from sase_bench.database.schema import MODULE_TABLES
from sase_bench.errors import RequestError
from sase_bench.modules import Module
from tests.records import DIGITS, made_up, unfinished

BLOCK, ECA, PLAIN = made_up(5), made_up(Module("eca").index), unfinished(Module("none").index)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.duckdb"
    with Store(path, [DIGITS]) as store:
        for record in (BLOCK, ECA, PLAIN):
            store.append(record)
    return path


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    path = tmp_path / "shelf"
    with ShardWriter(path, [DIGITS]) as writer:
        for record in (BLOCK, ECA, PLAIN):
            writer.append(record)
    return path


def test_a_module_has_no_index_of_a_block() -> None:
    with pytest.raises(RequestError, match=r"block's index, 0..117648, or a module's number, got 117649"):
        made_up(117_649)


def test_a_table_keeps_them_apart_and_finds_both(table: Path) -> None:
    with Store(table) as store:
        assert store.keys == {BLOCK.key, ECA.key, PLAIN.key}
        assert [store.find(record.key) for record in (BLOCK, ECA, PLAIN)] == [BLOCK, ECA, PLAIN]
        assert not store.append(ECA)
        with pytest.raises(RequestError, match="already has another result"):
            store.append(made_up(ECA.arch, val_loss=0.125))
    with connect(table) as connection:
        assert connection.execute("SELECT arch FROM runs").fetchall() == [(5,)]
        assert connection.execute("SELECT DISTINCT arch FROM epochs").fetchall() == [(5,)]
        assert connection.execute("SELECT arch FROM scores").fetchall() == [(5,)]
        names = "SELECT module, status FROM module_runs JOIN modules USING (arch) ORDER BY ALL"
        assert connection.execute(names).fetchall() == [("eca", "ok"), ("none", "diverged")]
        assert check(connection) == []


def make_old(path: Path) -> None:
    """Bring a table back to what it was before there were modules in it."""
    with duckdb.connect(path) as connection:
        for name in ("modules", *MODULE_TABLES):
            connection.execute(f"DROP TABLE {name}")


def test_a_table_from_before_there_were_modules_gets_them_when_it_gets_some(tmp_path: Path) -> None:
    path = tmp_path / "table.duckdb"
    with Store(path, [DIGITS]) as store:
        store.append(BLOCK)
    make_old(path)
    with connect(path) as connection:
        assert (keys_in(connection), check(connection)) == ([BLOCK.key], [])
    with Store(path, [DIGITS]) as store:
        store.append(ECA)
    with connect(path) as connection:
        assert (sorted(keys_in(connection)), check(connection)) == ([BLOCK.key, ECA.key], [])


def test_check_finds_a_run_of_a_module_that_nobody_knows(table: Path) -> None:
    with Store(table) as store:
        store.append(made_up(1_000_998))
    with connect(table) as connection:
        assert check(connection) == ["1 runs of what is not in modules"]


def test_a_shelf_keeps_them_in_a_folder_of_their_own(shelf: Path) -> None:
    assert list(read_shard(shelf / "digits.parquet")) == [BLOCK]
    assert list(read_shard(shelf / "modules" / "digits.parquet")) == [PLAIN, ECA]
    with ShardWriter(shelf, [DIGITS]) as writer:
        assert ECA.key in writer
        assert BLOCK.key in writer
    with connect(shelf) as connection:
        assert connection.execute("SELECT arch FROM runs").fetchall() == [(5,)]
        assert connection.execute("SELECT count(DISTINCT arch) FROM module_epochs").fetchall() == [(1,)]
        assert set(keys_in(connection)) == {BLOCK.key, ECA.key, PLAIN.key}
    assert not any(check_shelf(shelf).values())


def test_a_shard_of_modules_can_be_asked_alone(shelf: Path) -> None:
    with connect(shelf / "modules" / "digits.parquet") as connection:
        assert connection.execute("SELECT count(*) FROM runs").fetchall() == [(0,)]
        assert connection.execute("SELECT count(*) FROM module_runs").fetchall() == [(2,)]


def test_check_finds_runs_that_lie_among_the_others(shelf: Path) -> None:
    shard = shelf / "digits.parquet"
    (shelf / "SHA256SUMS").unlink()
    shard.write_bytes((shelf / "modules" / "digits.parquet").read_bytes())
    found = check_shelf(shelf)[shard]
    assert "a run of a module among those of blocks (2 times)" in found
    with connect(shelf) as connection:
        assert connection.execute("SELECT count(*) FROM runs").fetchall() == [(0,)]


def test_check_finds_a_block_among_the_modules(shelf: Path) -> None:
    shard = shelf / "modules" / "digits.parquet"
    (shelf / "modules" / "SHA256SUMS").unlink()
    shard.write_bytes((shelf / "digits.parquet").read_bytes())
    assert check_shelf(shard) == {shard: ["a run of a block among modules'"]}


def test_a_missing_shard_of_modules_is_named(shelf: Path) -> None:
    (shelf / "modules" / "digits.parquet").unlink()
    with pytest.raises(RequestError, match=r"modules/digits.parquet', which SHA256SUMS lists, is missing"):
        connect(shelf)


def test_they_are_exported_and_merged(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shard = tmp_path / "digits.parquet"
    assert main(["export", str(shard), "--modules", "--db", str(table)]) == 0
    assert list(read_shard(shard)) == [PLAIN, ECA]
    with Store(tmp_path / "other.duckdb", [DIGITS]) as store:
        assert merge(store, shard).added == 2
        assert store.keys == {ECA.key, PLAIN.key}
    with connect(tmp_path / "other.duckdb") as connection:
        assert export(connection, shard, tables=MODULE_TABLES) == 2
        assert export(connection, shard) == 0
    capsys.readouterr()


def test_a_table_without_modules_has_none_to_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Store(tmp_path / "table.duckdb", [DIGITS]):
        pass
    make_old(tmp_path / "table.duckdb")
    assert main(["export", str(tmp_path / "x.parquet"), "--modules", "--db", str(tmp_path / "table.duckdb")]) == 2
    assert "has no runs of published modules" in capsys.readouterr().err
