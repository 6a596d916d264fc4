"""Runs that go wrong in their worker, clocks that jump, and sweeps that meet: each ends as a row, or as one line."""

import json
import random
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults import programs
from tests.faults.programs import end, query, rows_in, start
from tests.faults.test_kills import wait_for_runs

FAULTS = {"0": "hang", "2400": "crash", "4802": "be taken", "7203": "diverge", "9604": "run out"}
OTHERS = ["16807", "33614", "50421"]


def test_runs_that_go_wrong_are_rows_and_the_sweep_goes_on(tmp_path: Path, figure: Callable[..., None]) -> None:
    sweep = start(tmp_path, "--space", "full", "--plan", *FAULTS, *OTHERS, "--limit", "60s", **FAULTS)
    status, out, err = end(sweep)
    assert (status, err) == (0, "")
    assert out.startswith("sase-bench.duckdb: 8 of 8 planned runs (1 diverged, 4 failed, 3 ok in this sweep)")
    rows = json.loads(query(tmp_path, "sql SELECT arch, status, reason FROM runs")[1])
    found = {str(row["arch"]): (row["status"], row["reason"]) for row in rows}
    assert found["0"] == ("failed", "the run took longer than the limit of 60 s")
    assert found["2400"] == ("failed", "the worker process died (signal SIGSEGV), 2 times")
    assert found["4802"] == ("failed", "the worker process died (signal SIGKILL), 2 times")
    assert found["7203"] == ("diverged", "training loss not finite in epoch 1")
    assert found["9604"][0] == "failed"
    assert "emory" in found["9604"][1] or "allocate" in found["9604"][1]
    assert programs.is_whole(tmp_path)
    for arch, fault in (
        ("0", "a run that hangs in C, with `--limit`"),
        ("2400", "a run that segfaults"),
        ("4802", "a run that the kernel kills for its memory"),
        ("7203", "a run that diverges"),
        ("9604", "a run that gets no more memory"),
    ):
        figure(
            fault, 1, f"status {found[arch][0]}: {found[arch][1].partition(' (Triggered')[0][:90]}; the sweep went on; whole"
        )


def test_two_sweeps_on_one_table_are_one_sweep_and_one_line(tmp_path: Path, figure: Callable[..., None]) -> None:
    first = start(tmp_path, "--plan", "all", "--together", "1", seconds=0.1)
    wait_for_runs(first, tmp_path, set())
    others = 10
    for number in range(others):
        place = [] if number % 2 else ["--db", str(tmp_path / programs.TABLE)]
        status, out, err = end(start(tmp_path, "--plan", "all", *place))
        assert (status, out) == (2, "")
        assert "another process is writing to" in err
    assert first.poll() is None
    first.terminate()
    assert end(first)[0] == 130
    assert programs.is_whole(tmp_path)
    figure("a second sweep on the same table", others, "each refused by one line, the first one undisturbed; whole")


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that lets a process see another time; the machine's own clock is left alone."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler to build the clock with")
    library = tmp_path_factory.mktemp("clock") / "clock.so"
    source = Path(__file__).with_name("clock.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"], check=True)
    return library


def test_a_clock_that_jumps_changes_nothing_but_the_time_of_day(
    tmp_path: Path, clock: Path, figure: Callable[..., None]
) -> None:
    """A day forwards, ten years back, and so on, in the driver and in the workers."""
    offset, jumps, moments = tmp_path / "offset", 0, random.Random(12)
    offset.write_text("0")
    variables = {"LD_PRELOAD": str(clock), "CLOCK_OFFSET": str(offset)}
    arguments = ("--plan", "random:60", "--limit", "60s", "--budget", "600s")
    sweep = start(tmp_path, *arguments, variables=variables, seconds=0.3)
    while sweep.poll() is None and jumps < 500:
        fresh = tmp_path / "offset.new"
        fresh.write_text(str(moments.choice([86_400, -86_400, 315_360_000, -315_360_000, 3600, -3600, 0])))
        fresh.replace(offset)
        jumps += 1
        time.sleep(0.05)
    with suppress(subprocess.TimeoutExpired):
        sweep.wait(60)
    status, out, err = end(sweep)
    assert (status, err) == (0, "")
    assert out.startswith("sase-bench.duckdb: 60 of 60 planned runs (60 ok in this sweep)")
    years = {str(row[2])[:4] for row in rows_in(tmp_path)}
    assert len(years) > 1  # the jumps were seen
    assert programs.is_whole(tmp_path)
    found = f"60 of 60 runs ok with `--limit` and `--budget`, started_at in the years {', '.join(sorted(years))}; whole"
    figure("jumps of the clock by an hour to ten years", jumps, found)
