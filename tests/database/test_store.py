import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from sase_bench.cost import count
from sase_bench.database import SCHEMA_VERSION, Store, connect
from sase_bench.database import schema as schema_module
from sase_bench.database.check import check
from sase_bench.database.reader import open_file
from sase_bench.database.rows import seeds_with
from sase_bench.errors import RequestError
from sase_bench.modules import Module
from sase_bench.proxies.registry import PROXIES
from sase_bench.record import COLUMNS, EPOCH_COLUMNS
from sase_bench.space import SASE_BLOCK, SLOTS, Architecture, Space
from tests.records import DIGITS, made_up, unfinished


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "table.duckdb"


def ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    with connect(path) as table:
        return table.execute(sql).fetchall()


def test_a_new_table_holds_all_architectures_the_recipes_and_their_costs(path: Path) -> None:
    Store(path, [DIGITS]).close()
    slots = ", ".join(SLOTS)
    for arch in [SASE_BLOCK, *Space("full").sample(20, seed=0)]:
        row = (arch.index, *arch.operations.values(), arch.is_tied, str(arch))
        assert ask(path, f"SELECT arch, {slots}, is_tied, text FROM architectures WHERE arch = {arch.index}") == [row]
    assert ask(path, "SELECT count(*), count(DISTINCT arch), count(*) FILTER (is_tied) FROM architectures") == [
        (117_649, 117_649, 2401)
    ]
    assert ask(path, "SELECT proxy, recipe_hash, trunk FROM proxies") == [("digits", DIGITS.recipe_hash, DIGITS.trunk.name)]
    cost = count(DIGITS.trunk, [SASE_BLOCK])
    assert ask(path, "SELECT params, flops, latency FROM costs WHERE arch = 54983") == [
        (int(cost.params[0]), int(cost.flops[0]), None)
    ]


def test_what_was_appended_is_found_again_to_the_last_bit(path: Path) -> None:
    records = [made_up(5, seed) for seed in range(3)] + [unfinished(6), unfinished(7, status="failed")]
    with Store(path, [DIGITS]) as store:
        assert all(store.append(record) for record in records)
    with Store(path) as store:
        assert [store.find(record.key) for record in records] == records
        assert store.keys == {record.key for record in records}
        assert store.find((5, "digits", 9)) is None
    assert ask(path, "SELECT count(*) FROM epochs") == [(3 * DIGITS.epochs,)]
    with connect(path) as table:
        assert check(table) == []


def test_scores_are_means_of_the_seeds_that_ended_ok_and_hide_the_test_side(path: Path) -> None:
    with Store(path, [DIGITS]) as store:
        for record in (made_up(5, 0), made_up(5, 1), unfinished(5, 2), unfinished(6)):
            store.append(record)
    first, second = made_up(5, 0).val_top1, made_up(5, 1).val_top1
    assert first is not None
    assert second is not None
    rows = ask(path, "SELECT arch, runs, seeds, diverged, val_top1, val_top1_sd FROM scores ORDER BY arch")
    assert rows == [
        (5, 3, 2, 1, pytest.approx((first + second) / 2), pytest.approx(abs(first - second) / 2**0.5)),
        (6, 1, 0, 1, None, None),
    ]
    for view in ("scores", "validation_runs"):
        names = [row[0] for row in ask(path, f"DESCRIBE {view}")]
        assert not [name for name in names if str(name).startswith("test_")]


def test_seeds_that_were_trained_together_are_known_by_their_start(path: Path) -> None:
    together = [made_up(5, seed, path="fused") for seed in (2, 0, 1)]
    later = made_up(5, 3, path="fused", started_at="2026-11-23T12:00:00+00:00")
    alone = made_up(5, 4)
    others = [made_up(6, 7, path="fused"), made_up(5, 8, "cifar10-8", path="fused")]
    with Store(path, [DIGITS, PROXIES["cifar10-8"]]) as store:
        for record in (*together, later, alone, *others):
            store.append(record)
    with connect(path) as table:
        found = [seeds_with(table, record) for record in (together[0], later, alone)]
    assert found == [[0, 1, 2], [3], [4]]


def test_appending_the_same_run_again_changes_nothing(path: Path) -> None:
    with Store(path, [DIGITS]) as store:
        assert store.append(made_up(5))
        assert not store.append(made_up(5))
        store.publish()
        assert not store.append(replace(made_up(5), train_seconds=99.0))
    assert ask(path, "SELECT count(*), max(train_seconds) FROM runs") == [(1, 1.5)]


def test_another_result_for_the_same_run_is_refused_and_the_first_one_stays(path: Path) -> None:
    with Store(path, [DIGITS]) as store:
        store.append(made_up(5))
        with pytest.raises(RequestError, match=r"already has another result for run \(5, 'digits', 0\); it was left as it is"):
            store.append(made_up(5, val_loss=0.125))
    assert ask(path, "SELECT val_loss FROM runs") == [(made_up(5).val_loss,)]


def test_a_failed_run_gives_way_and_leaves_nothing_behind(path: Path) -> None:
    failed = unfinished(5, status="failed")
    broken_off = replace(unfinished(6, status="failed"), curve=made_up(6).curve)
    module = replace(failed, arch=Module("eca").index)
    with Store(path, [DIGITS]) as store:
        for record in (failed, broken_off, module):
            assert store.append(record)
        assert store.failed == {failed.key, broken_off.key, module.key}
    with Store(path) as store:
        assert store.failed == {failed.key, broken_off.key, module.key}
        for record in (made_up(5), unfinished(6), replace(made_up(6), arch=module.arch)):
            assert store.append(record)
            assert not store.append(record)
            assert store.find(record.key) == record
        assert store.failed == frozenset()
    assert ask(path, "SELECT arch, status FROM runs ORDER BY ALL") == [(5, "ok"), (6, "diverged")]
    assert ask(path, "SELECT arch, count(*) FROM epochs GROUP BY arch") == [(5, DIGITS.epochs)]
    assert ask(path, "SELECT status FROM module_runs") == [("ok",)]
    with connect(path) as table:
        assert check(table) == []


def test_a_failure_does_not_take_the_place_of_a_result_nor_an_earlier_one_that_of_a_later(path: Path) -> None:
    first = unfinished(5, status="failed")
    later = replace(first, reason="another", started_at="2026-11-23T00:00:00+00:00")
    with Store(path, [DIGITS]) as store:
        assert [store.append(record) for record in (first, later, first)] == [True, True, False]
        assert store.find(first.key) == later
        assert [store.append(record) for record in (made_up(5), later)] == [True, False]
    assert ask(path, "SELECT status FROM runs") == [("ok",)]


def test_a_run_that_was_made_again_is_recovered_from_the_journal(path: Path) -> None:
    store = patient(path)
    for record in (unfinished(5, status="failed"), made_up(5)):
        store.append(record)
    store._lock.close()  # as if it had been killed
    with Store(path) as again:
        assert (again.recovered, again.find((5, "digits", 0)), again.failed) == (1, made_up(5), frozenset())


def test_runs_of_an_unknown_or_changed_recipe_are_refused(path: Path) -> None:
    with Store(path, [DIGITS]) as store:
        with pytest.raises(RequestError, match="the table does not know that proxy"):
            store.append(made_up(5, proxy="cifar10-8"))
        with pytest.raises(RequestError, match=f"the table knows the recipe {DIGITS.recipe_hash}"):
            store.append(made_up(5, recipe_hash="0" * 16))
    with pytest.raises(RequestError, match=r"their runs do not mix, use another table \(--db\)"):
        Store(path, [replace(DIGITS, epochs=3)])


def test_a_run_is_on_disk_before_append_returns_and_survives_a_killed_writer(path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from sase_bench.database import Store\n"
        "from tests.records import DIGITS, made_up\n"
        "store = Store(Path(sys.argv[1]), [DIGITS])\n"
        "store._cost = 1e9\n"  # however slow the machine is, the runs wait to be published
        "for arch in range(5): store.append(made_up(arch))\n"
        "os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], cwd=Path(__file__).parents[2])
    assert done.returncode == -9
    journal = path.with_name("table.duckdb.journal")
    lines = journal.read_bytes()
    journal.write_bytes(lines[:-20])  # the last line was torn
    with Store(path) as store:
        assert (store.recovered, store.damaged) == (4, 0)
        assert store.keys == {(arch, "digits", 0) for arch in range(4)}
    assert not journal.exists()
    assert ask(path, "SELECT count(*) FROM runs") == [(4,)]


def patient(path: Path) -> Store:
    """A store that does not publish by itself, however slow the machine is."""
    store = Store(path, [DIGITS])
    store._cost = 1e9
    return store


def test_publishing_waits_for_a_second_and_takes_at_most_a_twentieth_of_the_time(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    monkeypatch.setattr("sase_bench.database.store.monotonic", lambda: clock[0])
    at_once = [(100.5, 1), (101.0, 2), (101.25, 0), (102.25, 1), (102.5, 0)]
    slowly = [(104.5, 1), (104.75, 0)]
    with Store(path, [DIGITS]) as store:
        for arch, (now, waiting) in enumerate(at_once + slowly):
            clock[0] = now
            if (now, waiting) in slowly:
                store._cost = 0.1  # seconds that the last publication took
            store.append(made_up(arch))
            assert store.waiting == waiting
    assert ask(path, "SELECT count(*) FROM runs") == [(7,)]


def test_a_flipped_bit_in_the_journal_costs_one_line_and_is_told(path: Path) -> None:
    store = patient(path)
    for arch in range(3):
        store.append(made_up(arch))
    journal = path.with_name("table.duckdb.journal")
    content = bytearray(journal.read_bytes())
    content[len(content) // 2] ^= 1
    store._lock.close()  # as if it had been killed
    journal.write_bytes(content)
    with Store(path) as again:
        assert (again.recovered, again.damaged) == (2, 1)
    assert path.with_name("table.duckdb.journal.damaged").read_bytes().count(b"\n") == 1


def test_a_journal_that_was_already_folded_in_is_harmless(path: Path) -> None:
    store = patient(path)
    store.append(made_up(1))
    journal = path.with_name("table.duckdb.journal")
    content = journal.read_bytes()
    store.close()
    journal.write_bytes(content)  # killed between putting the table in place and clearing the journal
    with Store(path) as again:
        assert again.recovered == 0
    assert ask(path, "SELECT count(*) FROM runs") == [(1,)]


def test_readers_see_whole_tables_while_a_writer_works(path: Path) -> None:
    """Two real processes: one appends and publishes as fast as it can, this one opens the table anew for each question."""
    Store(path, [DIGITS]).close()
    code = (
        "import sys; from pathlib import Path; from sase_bench.database import Store\n"
        "from tests.records import made_up\n"
        "with Store(Path(sys.argv[1])) as store:\n"
        "    for arch in range(10**6):\n"
        "        store.append(made_up(arch)); store.append(made_up(arch, seed=1)); store.publish()\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", code, str(path)], cwd=Path(__file__).parents[2], stderr=subprocess.PIPE)
    try:
        counts = []
        while len(counts) < 50 or len(set(counts)) < 5:
            ((runs, epochs),) = ask(path, "SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM epochs)")
            assert isinstance(runs, int)
            assert runs % 2 == 0
            assert epochs == runs * DIGITS.epochs
            counts.append(runs)
            assert writer.poll() is None, writer.stderr.read() if writer.stderr else ""
    finally:
        writer.kill()
        writer.communicate()
    assert counts == sorted(counts)
    with Store(path) as store, connect(path) as table:
        assert len(store.keys) >= counts[-1]
        assert check(table) == []


def test_only_one_process_writes(path: Path) -> None:
    refusal = f"^another process is writing to {re.escape(repr(str(path)))}; wait for it, or write elsewhere$"
    with Store(path, [DIGITS]), pytest.raises(RequestError, match=refusal):
        Store(path)
    before = path.stat().st_ino
    Store(path, [DIGITS]).close()
    assert path.stat().st_ino == before  # there was nothing to write
    assert sorted(place.name for place in path.parent.iterdir()) == ["table.duckdb", "table.duckdb.lock"]


def test_recipes_are_added_to_a_table_that_is_there(path: Path) -> None:
    Store(path, [DIGITS]).close()
    other = made_up(3, proxy="cifar10-8")
    with Store(path, [DIGITS, PROXIES["cifar10-8"]]) as store:
        store.append(other)
        assert store.find(other.key) == other
    assert ask(path, "SELECT proxy FROM proxies ORDER BY proxy") == [("cifar10-8",), ("digits",)]


def test_what_another_program_had_written_when_it_was_killed_is_kept(path: Path) -> None:
    Store(path, [DIGITS]).close()
    code = "import sys, os, duckdb; c = duckdb.connect(sys.argv[1]); c.execute('CREATE TABLE mine AS SELECT 7'); os._exit(9)"
    assert subprocess.run([sys.executable, "-c", code, str(path)]).returncode == 9
    assert path.with_name("table.duckdb.wal").exists()
    with Store(path) as store:
        store.append(made_up(1))
    assert not path.with_name("table.duckdb.wal").exists()
    assert ask(path, "SELECT * FROM mine, (SELECT arch FROM runs)") == [(7, 1)]


def test_what_a_killed_publication_left_is_removed(path: Path) -> None:
    Store(path, [DIGITS]).close()
    for name in ("table.duckdb.new", "table.duckdb.new.wal"):
        path.with_name(name).write_text("half written")
    with Store(path) as store:
        store.append(made_up(1))
    assert ask(path, "SELECT arch FROM runs") == [(1,)]
    assert sorted(place.name for place in path.parent.iterdir()) == ["table.duckdb", "table.duckdb.lock"]


def test_runs_wait_in_the_journal_while_another_program_writes(path: Path) -> None:
    store = Store(path, [DIGITS])
    code = "import sys, duckdb; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    other = subprocess.Popen([sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout is not None
    assert other.stdout.readline() == b"open\n"
    store.append(made_up(3))
    store.publish()
    store.append(made_up(4))
    assert store.waiting == 2
    with pytest.raises(RequestError, match=f"^{re.escape(repr(str(path)))} is open for writing in another program; close it"):
        connect(path)
    other.communicate()
    store.publish()
    assert store.waiting == 0
    store.close()
    assert ask(path, "SELECT arch FROM runs ORDER BY arch") == [(3,), (4,)]


def test_a_full_disk_is_said_and_loses_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    with patient(path) as store:
        store.append(made_up(1))
        with monkeypatch.context() as patch:
            patch.setattr("sase_bench.database.store.shutil.copyfile", full)
            with pytest.raises(RequestError, match="No space left on device; nothing finished was lost"):
                store.publish()
            patch.setattr("sase_bench.database.journal.os.fsync", full)
            with pytest.raises(RequestError, match="No space left on device; nothing finished was lost"):
                store.append(made_up(2))
        store.append(made_up(3))
    assert ask(path, "SELECT arch FROM runs ORDER BY arch") == [(1,), (3,)]


def test_files_that_are_no_table_are_refused_and_left_alone(path: Path, tmp_path: Path) -> None:
    path.write_text("not a database, and rather longer than the header of one " * 100)
    before = path.read_bytes()
    for opening in (connect, Store):
        with pytest.raises(RequestError, match=f"^{re.escape(repr(str(path)))} cannot be read as a DuckDB file"):
            opening(path)
    assert path.read_bytes() == before
    other = tmp_path / "other.duckdb"
    with duckdb.connect(other) as connection:
        connection.execute("CREATE TABLE mine (x INTEGER)")
    for opening in (connect, Store):
        with pytest.raises(RequestError, match=f"^'{re.escape(str(other))}' is a DuckDB file but not a sase-bench table"):
            opening(other)
    with pytest.raises(RequestError, match=f"^'{re.escape(str(tmp_path))}' is a folder, not a table$"):
        Store(tmp_path)
    with pytest.raises(RequestError, match="is a folder without shards"):
        connect(tmp_path)


def test_a_missing_table_says_how_to_make_one(path: Path) -> None:
    with pytest.raises(RequestError, match=r"there is no table .*; make one with: python -m sase_bench.sweep --db"):
        connect(path)


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RequestError, match="cannot write to"):
        Store(tmp_path / "file" / "table.duckdb")


def test_older_tables_are_brought_up_to_date_and_newer_ones_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(path, [DIGITS]) as store:
        store.append(made_up(1))
    monkeypatch.setattr("sase_bench.database.store.SCHEMA_VERSION", SCHEMA_VERSION + 1)
    monkeypatch.setattr("sase_bench.database.reader.SCHEMA_VERSION", SCHEMA_VERSION + 1)
    monkeypatch.setattr(schema_module, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
    monkeypatch.setitem(
        schema_module.MIGRATIONS,
        SCHEMA_VERSION,
        lambda table: table.execute("ALTER TABLE costs ADD COLUMN energy DOUBLE") and None,
    )
    with pytest.raises(RequestError, match=r"has an older schema; bring it up with: python -m sase_bench.database migrate"):
        connect(path)
    with Store(path) as store:
        assert store.keys == {(1, "digits", 0)}
    assert ask(path, "SELECT count(*), count(energy) FROM costs") == [(117_649, 0)]
    monkeypatch.undo()
    with pytest.raises(RequestError, match="has schema 2, this program knows up to 1; upgrade sase-bench"):
        connect(path)


def test_a_damaged_table_is_called_damaged_and_its_parts_are_named(path: Path) -> None:
    with Store(path, [DIGITS]) as store:
        store.append(made_up(1))
    good = path.read_bytes()
    path.write_bytes(good[:100] + bytes([good[100] ^ 1]) + good[101:])
    for opening in (connect, Store):
        place = re.escape(str(path))
        with pytest.raises(RequestError, match=rf"^'{place}' is damaged \(.*checksum.*check --db {place} names what can still"):
            opening(path)
    path.write_bytes(good[: 12288 + 300_000])  # the first block, and a piece
    try:
        with connect(path) as table:
            assert all("is damaged and cannot be read" in problem for problem in check(table))
            assert check(table)
    except RequestError as error:
        assert "is damaged" in str(error)  # noqa: PT017 - where the catalogue lies is up to DuckDB


@pytest.mark.parametrize("version", ["0", "one", ""])
def test_schemas_that_no_release_wrote_are_refused(path: Path, version: str) -> None:
    Store(path, [DIGITS]).close()
    with open_file(path, read_only=False) as table:
        table.execute("UPDATE about SET value = ? WHERE key = 'schema_version'", [version])
    with pytest.raises(RequestError, match="schema"):
        connect(path)


def test_the_schema_is_derived_from_the_declared_columns(path: Path) -> None:
    Store(path).close()
    assert [row[0] for row in ask(path, "DESCRIBE runs")] == list(COLUMNS)
    assert [row[0] for row in ask(path, "DESCRIBE epochs")] == ["arch", "proxy", "seed", *EPOCH_COLUMNS]


def test_a_table_with_holes_is_found_out(path: Path) -> None:
    with Store(path, [DIGITS]) as store:
        store.append(made_up(1))
    with open_file(path, read_only=False) as table:
        table.execute("DELETE FROM epochs WHERE epoch = 3; UPDATE runs SET val_top1 = 7; DELETE FROM costs")
        table.execute("DELETE FROM architectures WHERE arch = 9")
    with connect(path) as table:
        assert check(table) == [
            "1 architectures missing",
            "1 proxies whose trunk has no costs",
            "1 runs that ended ok with a curve of another length than their proxy's",
            "run (1, 'digits', 0): the column val_top1 lies in 0..1, got 7.0",
        ]


def test_what_cannot_be_counted_is_a_problem(path: Path) -> None:
    Store(path, [DIGITS]).close()
    with open_file(path, read_only=False) as table:
        table.execute("ALTER TABLE costs RENAME COLUMN trunk TO other")
    with connect(path) as table:
        (problem,) = check(table)
    assert problem.startswith("proxies whose trunk has no costs cannot be counted (Binder Error: ")


def test_runs_that_do_not_belong_to_the_table_are_found_out(path: Path) -> None:
    with Store(path, [DIGITS]) as store:
        for arch in (1, 2, 3):
            store.append(made_up(arch))
    with open_file(path, read_only=False) as table:
        table.execute("DELETE FROM runs WHERE arch = 1; UPDATE runs SET recipe_hash = 'other' WHERE arch = 2")
        table.execute("UPDATE runs SET proxy = 'other' WHERE arch = 3; DELETE FROM architectures WHERE arch = 2")
    with connect(path) as table:
        assert check(table) == [
            "1 architectures missing",
            f"{2 * DIGITS.epochs} curves without a run",
            "1 runs of a proxy that is not described",
            "1 runs of what is not in architectures",
            "1 runs made with another recipe than their proxy's",
        ]


def test_neighbours_of_a_block_can_be_asked_of_the_table_alone(path: Path) -> None:
    Store(path).close()
    same = " + ".join(f"(a.{slot} = b.{slot})::INTEGER" for slot in SLOTS)
    rows = ask(path, f"SELECT b.arch FROM architectures a, architectures b WHERE a.arch = 54983 AND {same} = 5 ORDER BY 1")
    assert [Architecture(int(str(row[0]))) for row in rows] == sorted(SASE_BLOCK.neighbours())
