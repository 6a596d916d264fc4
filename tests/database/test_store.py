"""What a table holds, and which runs it takes."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sase_bench.cost import count
from sase_bench.database import Store, connect
from sase_bench.database.check import check
from sase_bench.errors import RequestError
from sase_bench.modules import Module
from sase_bench.space import SASE_BLOCK, SLOTS, Architecture, Space
from tests.database.tables import ask
from tests.records import DIGITS, made_up, unfinished


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


def test_a_request_that_is_refused_leaves_no_empty_table(path: Path) -> None:
    with pytest.raises(RequestError, match="no such search"), Store(path, [DIGITS]):
        raise RequestError("no such search")
    assert list(path.parent.iterdir()) == []


def test_nor_does_it_take_one_away_that_was_there_or_holds_something(path: Path) -> None:
    store = Store(path, [DIGITS])
    assert store.append(made_up(5, 0))
    with pytest.raises(RequestError, match="refused"), store:
        raise RequestError("refused")
    assert ask(path, "SELECT arch FROM runs") == [(5,)]
    other = path.with_name("other.duckdb")
    Store(other, [DIGITS]).close()
    with pytest.raises(RequestError, match="refused"), Store(other):
        raise RequestError("refused")
    with pytest.raises(OSError, match="no request"), Store(path.with_name("third.duckdb")):
        raise OSError("no request was refused")
    assert ask(other, "SELECT count(*) FROM runs") == ask(path.with_name("third.duckdb"), "SELECT count(*) FROM runs") == [(0,)]


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


def test_failed_runs_of_others_stay_and_what_did_not_fail_is_not_taken_for_failed(path: Path) -> None:
    failed, fine, next_one = unfinished(5, status="failed"), made_up(6), made_up(7)
    for record in (failed, fine, next_one):
        with Store(path, [DIGITS]) as store:
            assert store.append(record)
    with Store(path) as store:
        assert store.failed == {failed.key}
    assert ask(path, "SELECT arch, status FROM runs ORDER BY arch") == [(5, "failed"), (6, "ok"), (7, "ok")]


def test_what_a_killed_writer_left_of_its_copy_is_removed(path: Path) -> None:
    with Store(path, [DIGITS]) as store:
        store.append(made_up(5))
    left = [path.with_name(path.name + end) for end in (".new", ".new.wal")]
    for file in left:
        file.write_bytes(b"half of a table")
    with Store(path) as store:
        assert not any(file.exists() for file in left)
        store.append(made_up(6))
    assert ask(path, "SELECT arch FROM runs ORDER BY arch") == [(5,), (6,)]


def test_a_failure_does_not_take_the_place_of_a_result_nor_an_earlier_one_that_of_a_later(path: Path) -> None:
    first = unfinished(5, status="failed")
    later = replace(first, reason="another", started_at="2026-11-23T00:00:00+00:00")
    with Store(path, [DIGITS]) as store:
        assert [store.append(record) for record in (first, later, first)] == [True, True, False]
        assert store.find(first.key) == later
        assert [store.append(record) for record in (made_up(5), later)] == [True, False]
    assert ask(path, "SELECT status FROM runs") == [("ok",)]


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


def test_neighbours_of_a_block_can_be_asked_of_the_table_alone(path: Path) -> None:
    Store(path).close()
    same = " + ".join(f"(a.{slot} = b.{slot})::INTEGER" for slot in SLOTS)
    rows = ask(path, f"SELECT b.arch FROM architectures a, architectures b WHERE a.arch = 54983 AND {same} = 5 ORDER BY 1")
    assert [Architecture(int(str(row[0]))) for row in rows] == sorted(SASE_BLOCK.neighbours())
