"""The way of a run from the journal into the table: killed writers, other programs, full disks."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from sase_bench.database import Store, connect
from sase_bench.database.check import check
from sase_bench.errors import RequestError
from sase_bench.recipes.registry import PROXIES
from tests.database.tables import ask
from tests.records import DIGITS, made_up, unfinished


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


WRITES_AND_DIES = (
    "import sys, os, duckdb; c = duckdb.connect(sys.argv[1]); c.execute('CREATE TABLE mine AS SELECT 7'); os._exit(9)"
)


def write_and_die(path: Path) -> None:
    assert subprocess.run([sys.executable, "-c", WRITES_AND_DIES, str(path)]).returncode == 9
    assert path.with_name("table.duckdb.wal").exists()


@pytest.mark.parametrize("when", ["before", "while"])
def test_what_another_program_had_written_when_it_was_killed_is_kept(path: Path, when: str) -> None:
    Store(path, [DIGITS]).close()
    if when == "before":
        write_and_die(path)
    with Store(path) as store:
        if when == "while":
            write_and_die(path)
        store.append(made_up(1))
        store.publish()
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


def test_a_run_that_was_made_again_is_recovered_from_the_journal(path: Path) -> None:
    store = patient(path)
    for record in (unfinished(5, status="failed"), made_up(5)):
        store.append(record)
    store._lock.close()  # as if it had been killed
    with Store(path) as again:
        assert (again.recovered, again.find((5, "digits", 0)), again.failed) == (1, made_up(5), frozenset())
