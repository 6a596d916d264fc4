"""Shards written without DuckDB."""

import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from pyarrow import parquet

from sase_bench.database import ShardWriter, Store, connect, export, merge, read_shard
from sase_bench.database.check import check_shelf
from sase_bench.database.checksums import check_sums
from sase_bench.database.shard_writer import failed_of, keys_of
from sase_bench.errors import RequestError
from sase_bench.modules import Module
from sase_bench.recipes.registry import PROXIES
from tests.records import DIGITS, made_up, unfinished

OTHER = PROXIES["fashion-8"]


def test_runs_come_back_as_they_were_and_in_order(tmp_path: Path) -> None:
    runs = [made_up(7, 1), made_up(3, 1), unfinished(9, 0, "failed"), made_up(5, 0, "fashion-8")]
    with ShardWriter(tmp_path, [DIGITS, OTHER]) as shelf:
        assert [shelf.append(run) for run in [*runs, runs[0]]] == [True, True, True, True, False]
    assert list(read_shard(tmp_path / "digits.parquet")) == [runs[2], runs[1], runs[0]]
    assert list(read_shard(tmp_path / "fashion-8.parquet")) == [runs[3]]
    for path in tmp_path.glob("*.parquet"):
        check_sums(path)
        assert {parquet.read_metadata(path).row_group(0).column(i).compression for i in range(3)} == {"ZSTD"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["SHA256SUMS", "digits.parquet", "fashion-8.parquet"]


def test_a_shelf_goes_on_where_it_was(tmp_path: Path) -> None:
    with ShardWriter(tmp_path, [DIGITS]) as shelf:
        shelf.append(made_up(1))
    with ShardWriter(tmp_path, [DIGITS]) as shelf:
        assert made_up(1).key in shelf
        assert not shelf.append(made_up(1))
        shelf.append(made_up(0))
    assert keys_of(tmp_path, DIGITS) == [(0, "digits", 0), (1, "digits", 0)]


def test_what_a_killed_sweep_had_finished_is_taken_from_the_journal(tmp_path: Path) -> None:
    shelf = tmp_path / "new" / "shelf"
    ShardWriter(shelf, [DIGITS]).append(made_up(4))  # and never published
    ShardWriter(shelf, [DIGITS])._lock.close()  # killed once more
    assert [path.name for path in shelf.iterdir()] == ["shelf.journal"]
    with ShardWriter(shelf, [DIGITS]) as again:
        assert (again.recovered, made_up(4).key in again) == (1, True)
    assert keys_of(shelf, DIGITS) == [made_up(4).key]


def test_runs_of_another_proxy_wait_in_the_journal_until_its_sweep_goes_on(tmp_path: Path) -> None:
    other = made_up(5, proxy="fashion-8")
    ShardWriter(tmp_path, [OTHER]).append(other)  # and killed
    with ShardWriter(tmp_path, [DIGITS]) as shelf:
        shelf.append(made_up(4))
    assert keys_of(tmp_path, OTHER) == []
    with ShardWriter(tmp_path, [OTHER]) as shelf:
        assert other.key in shelf
    assert keys_of(tmp_path, OTHER) == [other.key]


def test_a_sweep_killed_between_a_shard_and_its_checksums_left_a_shard_that_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ShardWriter(tmp_path, [DIGITS]) as shelf:
        shelf.append(made_up(4))
    shelf = ShardWriter(tmp_path, [DIGITS])
    shelf.append(made_up(5))
    with monkeypatch.context() as patch:
        patch.setattr(ShardWriter, "_settle", interrupted)
        with pytest.raises(KeyboardInterrupt):
            shelf.publish()
    shelf._lock.close()
    check_sums(tmp_path / "digits.parquet")
    assert len(list(read_shard(tmp_path / "digits.parquet"))) == 2
    with ShardWriter(tmp_path, [DIGITS]) as shelf:
        assert shelf.recovered == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["SHA256SUMS", "digits.parquet"]


def interrupted(shelf: ShardWriter) -> None:
    raise KeyboardInterrupt


def test_a_failed_run_gives_way_on_a_shelf(tmp_path: Path) -> None:
    failed, module = unfinished(3, status="failed"), unfinished(Module("eca").index, status="failed")
    later = replace(module, reason="another", started_at="2026-11-23T00:00:00+00:00")
    with ShardWriter(tmp_path, [DIGITS]) as shelf:
        for record in (failed, module, made_up(1)):
            shelf.append(record)
        assert shelf.failed == {failed.key, module.key}
    assert [record.key for record in failed_of(tmp_path, DIGITS)] == [failed.key, module.key]
    with ShardWriter(tmp_path, [DIGITS]) as shelf:
        assert shelf.failed == {failed.key, module.key}
        assert [shelf.append(record) for record in (made_up(3), failed, later, module)] == [True, False, True, False]
        assert shelf.failed == {module.key}
    assert list(read_shard(tmp_path / "digits.parquet")) == [made_up(1), made_up(3)]
    assert list(read_shard(tmp_path / "modules" / "digits.parquet")) == [later]
    assert not any(check_shelf(tmp_path).values())


def test_a_run_that_was_made_again_is_recovered_from_the_journal_of_a_shelf(tmp_path: Path) -> None:
    killed = ShardWriter(tmp_path, [DIGITS])
    for record in (unfinished(3, status="failed"), made_up(3)):
        killed.append(record)
    killed._lock.close()
    with ShardWriter(tmp_path, [DIGITS]) as shelf:
        assert (shelf.recovered, shelf.failed) == (1, frozenset())
    assert list(read_shard(tmp_path / "digits.parquet")) == [made_up(3)]


def test_one_process_writes_to_a_shelf(tmp_path: Path) -> None:
    refusal = f"^another process is writing to '{tmp_path}'; wait for it, or write elsewhere$"
    with ShardWriter(tmp_path, [DIGITS]), pytest.raises(RequestError, match=refusal):
        ShardWriter(tmp_path, [DIGITS])


def test_a_shard_that_a_table_wrote_is_gone_on_with_and_merges_back(tmp_path: Path) -> None:
    path = tmp_path / "shelf" / "digits.parquet"
    path.parent.mkdir()
    with Store(tmp_path / "table.duckdb", [DIGITS]) as store:
        for runs in ([], [made_up(1)]):  # a shard may have none
            for run in runs:
                store.append(run)
            store.publish()
            with connect(tmp_path / "table.duckdb") as table:
                export(table, path, proxy="digits")
            written = parquet.read_metadata(path).metadata
            with ShardWriter(path.parent, [DIGITS]) as shelf:
                shelf.append(made_up(2))
            assert list(read_shard(path)) == [*runs, made_up(2)]
            assert {key: parquet.read_metadata(path).metadata[key] for key in written} == written
        assert str(merge(store, path)) == "1 added, 1 already there, 0 in conflict, 0 refused"
        assert store.find((2, "digits", 0)) == made_up(2)


def test_what_is_no_shard_of_this_proxy_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "digits.parquet"
    path.write_text("no parquet")
    with pytest.raises(RequestError, match=rf"^'{path}' cannot be read as Parquet \(.*(magic|size)"):
        ShardWriter(tmp_path, [DIGITS])
    assert path.read_text() == "no parquet"
    for meta in ("format: 'sase-bench', schema_version: '2'", "format: 'other', schema_version: '1'"):
        duckdb.connect().execute(f"COPY (SELECT 1 AS x) TO '{path}' (FORMAT parquet, KV_METADATA {{{meta}}})")
        with pytest.raises(RequestError, match=f"^'{path}' is not a shard of schema 1$"):
            ShardWriter(tmp_path, [DIGITS])
    path.unlink()
    with ShardWriter(tmp_path, [DIGITS]) as shelf:
        shelf.append(made_up(1))
        with pytest.raises(RequestError, match="the shelf knows the recipe"):
            shelf.append(made_up(2, recipe_hash="0" * 16))
    with pytest.raises(RequestError, match=f"^'{path}' has runs of another recipe of digits$"):
        ShardWriter(tmp_path, [replace(DIGITS, epochs=1)])
    with pytest.raises(RequestError, match="cannot write to '/proc/shelf'"):
        ShardWriter(Path("/proc/shelf"), [DIGITS])


def test_a_shelf_needs_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ShardWriter(tmp_path, [DIGITS]) as shelf:
        shelf.append(made_up(1))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(RequestError, match=r"^writing shards needs the extra 'train'; install it with: pip install"):
        ShardWriter(tmp_path, [DIGITS])
