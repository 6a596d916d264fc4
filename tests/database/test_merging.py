from pathlib import Path

import pytest

from sase_bench.database import ShardWriter, Store, connect, export, merge, read_shard
from sase_bench.database.__main__ import main
from sase_bench.modules import Module
from sase_bench.record import Record
from tests.database.tables import RECORDS
from tests.records import DIGITS, made_up, unfinished
from tests.shelves import rewrite


def test_merging_adds_what_is_new_and_knows_what_is_there(shard: Path, tmp_path: Path) -> None:
    with Store(tmp_path / "second.duckdb", [DIGITS]) as store:
        store.append(made_up(7))
        assert str(merge(store, shard)) == "3 added, 1 already there, 0 in conflict, 0 refused"
        assert str(merge(store, shard)) == "0 added, 4 already there, 0 in conflict, 0 refused"
        assert [store.find(record.key) for record in RECORDS] == RECORDS


def test_a_folder_is_merged_shard_by_shard_and_those_of_modules_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with ShardWriter(Path("shelf"), [DIGITS]) as shelf:
        for arch in (3, Module("se").index):
            shelf.append(made_up(arch))
    for told in ("1 added, 0 already there", "0 added, 1 already there"):
        assert main(["merge", "shelf", "--db", "table.duckdb"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines == [f"shelf/{name}digits.parquet: {told}, 0 in conflict, 0 refused" for name in ("", "modules/")]
    (tmp_path / "empty").mkdir()
    assert main(["merge", "empty", "--db", "table.duckdb"]) == 2
    assert capsys.readouterr().err == "database: 'empty' is a folder without shards (*.parquet), and no table\n"


def test_a_failed_run_gives_way_whichever_side_it_is_on(shard: Path, tmp_path: Path) -> None:
    failed = [unfinished(7, status="failed"), unfinished(5, status="failed")]
    with Store(tmp_path / "second.duckdb", [DIGITS]) as store:
        for record in failed:
            store.append(record)
        store.publish()
        with connect(tmp_path / "second.duckdb") as table:
            export(table, tmp_path / "failed.parquet")
        assert str(merge(store, shard)) == "4 added, 0 already there, 0 in conflict, 0 refused"
        assert str(merge(store, tmp_path / "failed.parquet")) == "0 added, 2 already there, 0 in conflict, 0 refused"
        assert [store.find(record.key) for record in RECORDS] == RECORDS


def test_conflicting_results_are_reported_and_change_nothing(shard: Path, tmp_path: Path) -> None:
    mine = made_up(7, val_loss=0.5)
    with Store(tmp_path / "second.duckdb", [DIGITS]) as store:
        store.append(mine)
        report = merge(store, shard)
        assert str(report) == "3 added, 0 already there, 1 in conflict, 0 refused"
        assert report.conflicts == ["the table already has another result for run (7, 'digits', 0); it was left as it is"]
        assert store.find(mine.key) == mine


def test_rows_that_cannot_be_true_are_refused_and_the_others_taken(shard: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed.parquet"
    rewrite(shard, changed, "REPLACE (CASE WHEN arch = 5 AND seed = 0 THEN 7.5 ELSE val_top1 END AS val_top1)")
    assert [isinstance(item, Record) for item in read_shard(changed)] == [False, True, True, True]
    with Store(tmp_path / "second.duckdb", [DIGITS]) as store:
        report = merge(store, changed)
    assert str(report) == "3 added, 0 already there, 0 in conflict, 1 refused"
    assert report.refused == ["the column val_top1 lies in 0..1, got 7.5"]
