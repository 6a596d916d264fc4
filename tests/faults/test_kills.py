"""Processes that are killed or told to stop, at moments drawn at random."""

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from sase_bench.database import Store
from tests.faults import programs
from tests.faults.programs import Row, Sweep, end, rows_in, start, workers_of

PLAN = ("--space", "full", "--plan", "random:40000", "--together", "1")  # more than a fast machine makes in all tests


def kept(folder: Path, known: set[Row]) -> set[Row]:
    """What is in the table now; all that was there is there still, as it was: nothing lost, nothing trained anew."""
    now = rows_in(folder)
    assert known <= now
    assert len({row[:2] for row in now}) == len(now)
    return now


def recovered(folder: Path) -> tuple[int, int]:
    """Runs in the table once the journal is folded in, and lines of the journal that could not be read."""
    with Store(folder / programs.TABLE) as store:
        return len(store.keys), store.damaged


@pytest.mark.parametrize("kills", [80])
def test_a_driver_that_is_killed_loses_nothing(tmp_path: Path, kills: int, figure: Callable[..., None]) -> None:
    moments, known = random.Random(1), set[Row]()
    for kill in range(kills):
        sweep = start(tmp_path, *PLAN, seconds=0.02)
        if kill % 2:  # between the start of the program and its first runs
            time.sleep(moments.uniform(0.1, 2.0))
        else:  # while it writes and publishes, however slow the machine is
            wait_for_runs(sweep, tmp_path, known)
            time.sleep(moments.uniform(0.0, 1.5))
        sweep.kill()
        end(sweep)
        known = kept(tmp_path, known)
    assert known
    assert recovered(tmp_path)[1] == 0
    assert programs.is_whole(tmp_path)
    runs = len(kept(tmp_path, known))
    figure("`kill -9` of the driver", kills, f"all {runs} finished runs there, none trained twice; whole")


@pytest.mark.parametrize("kills", [60])
def test_a_worker_that_is_killed_costs_an_attempt_of_its_run(tmp_path: Path, kills: int, figure: Callable[..., None]) -> None:
    moments, done = random.Random(2), 0
    sweep = start(tmp_path, "--plan", f"random:{3 * kills}", seconds=0.3)
    while done < kills and sweep.poll() is None:
        time.sleep(moments.uniform(0.05, 0.6))
        workers = workers_of(sweep)
        if workers:
            with suppress(ProcessLookupError):
                os.kill(moments.choice(workers), signal.SIGKILL)
                done += 1
    status, out, err = end(sweep)
    assert (status, err) == (0, "")
    assert f"{3 * kills} of {3 * kills} planned runs" in out
    assert done >= 40
    failed = len(rows_in(tmp_path)) - ok_in(tmp_path)
    assert programs.is_whole(tmp_path)
    figure("`kill -9` of a worker", done, f"the sweep ended with all {3 * kills} runs, {failed} of them failed twice; whole")


def ok_in(folder: Path) -> int:
    status, out, _ = programs.query(folder, "sql SELECT count(*) FILTER (status = 'ok') AS ok FROM runs")
    assert status == 0
    return int(out.split(":")[1].strip(" \n}]"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_storm_of_signals_ends_a_sweep_as_one_does(
    tmp_path: Path, number: signal.Signals, figure: Callable[..., None]
) -> None:
    moments, known, sent, statuses = random.Random(3), set[Row](), 0, []
    for storm in range(6):
        sweep = start(tmp_path, *PLAN, seconds=0.05)
        wait_for_runs(sweep, tmp_path, known)
        for _ in range(moments.randrange(1, 30)):
            if sweep.poll() is not None:
                break
            signal_to(sweep, number, everyone=storm % 2 == 0)
            sent += 1
            time.sleep(moments.uniform(0, 0.02))
        status, _, err = end(sweep)
        assert "  File" not in err, err  # a worker that is killed in mid-sentence may leave the heading of a traceback
        statuses.append(status)
        known = kept(tmp_path, known)
    assert set(statuses) <= {130, -number}  # the second where the storm outlasted the handlers
    assert recovered(tmp_path)[1] == 0
    assert programs.is_whole(tmp_path)
    name = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}[number]
    found = f"{len(statuses)} sweeps ended, {statuses.count(130)} with status 130; {len(known)} runs kept; whole"
    figure(f"storms of {name}, to the driver or to all processes", sent, found)


def signal_to(sweep: Sweep, number: signal.Signals, *, everyone: bool) -> None:
    with suppress(ProcessLookupError):
        if everyone:  # as a terminal does it; the session is the sweep's own
            os.killpg(sweep.pid, number)
        else:
            sweep.send_signal(number)


def wait_for_runs(sweep: Sweep, folder: Path, known: set[Row]) -> None:
    deadline = time.monotonic() + 120
    before = journal_of(folder)  # one that a killed sweep left says nothing of this one
    while journal_of(folder) in (None, before) and rows_in(folder) <= known:
        assert sweep.poll() is None, end(sweep)
        assert time.monotonic() < deadline
        time.sleep(0.05)


def journal_of(folder: Path) -> tuple[int, int] | None:
    """What tells one state of the journal from another."""
    try:
        state = (folder / f"{programs.TABLE}.journal").stat()
    except FileNotFoundError:
        return None
    return state.st_mtime_ns, state.st_size


def test_a_sweep_onto_a_shelf_that_is_killed_loses_nothing(tmp_path: Path, figure: Callable[..., None]) -> None:
    moments, kills, known = random.Random(4), 20, 0
    shelf = tmp_path / "shelf"
    for _ in range(kills):
        sweep = start(tmp_path, *PLAN, "--shelf", "shelf", "--budget", f"{moments.uniform(0.2, 2):.1f}s", seconds=0.02)
        time.sleep(moments.uniform(0.3, 3.0))
        sweep.kill()
        end(sweep)
        if list(shelf.glob("*.parquet")):
            assert programs.check(tmp_path, "shelf")[0] == 0
    sweep = start(tmp_path, *PLAN, "--shelf", "shelf", "--budget", "5s", seconds=0.02)
    status, out, err = end(sweep)
    assert (status, "Traceback" in err) == (0, False), err
    known = int(out.split(":")[1].split()[0])
    assert known > 0
    assert "damaged" not in err
    assert programs.check(tmp_path, "shelf")[0] == 0
    figure("`kill -9` of a driver that fills a shelf", kills, f"checksums right after every kill, {known} runs; whole")
