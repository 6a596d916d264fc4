"""A live search with an executor that makes its runs up, and one that really trains."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path

import pytest

from sase_bench.benchmark import Benchmark
from sase_bench.bo import Live, Outcome, find
from sase_bench.database import Store
from sase_bench.record import Record
from sase_bench.search import Pool
from sase_bench.space import Space
from sase_bench.sweep import Job, Task
from tests.records import DIGITS, made_up, unfinished

POOL = Pool.of(Space("tied"))
JOB = Job(proxy=DIGITS)


class Pretender:
    """Trains nothing; block 7 and its like diverge with seed 1, and a run of `breaks` is an interrupt."""

    capacity = 2

    def __init__(self, breaks: int | None = None) -> None:
        self.trained: list[tuple[int, int]] = []
        self.breaks = breaks

    def submit(self, task: Task) -> Future[list[Record]]:
        records = []
        for seed in task.seeds:
            self.trained.append((task.arch.index, seed))
            if len(self.trained) == self.breaks:
                raise KeyboardInterrupt
            diverges = task.arch.index % 7 == 0 and seed == 1
            records.append((unfinished if diverges else made_up)(task.arch.index, seed))
        future: Future[list[Record]] = Future()
        future.set_result(records)
        return future

    def close(self, *, now: bool) -> None:
        pass


def live(path: Path, executor: Pretender, *, name: str = "random", seeds: Sequence[int] = (0, 1), evaluations: int = 6) -> Live:
    search = Live(find(name)(POOL, 0), POOL, metric="val_top1", seeds=seeds, evaluations=evaluations, batch=2)
    with Store(path, [DIGITS]) as store:
        search.run(store, executor, JOB)
    return search


def test_what_is_suggested_is_trained_and_written(tmp_path: Path) -> None:
    executor = Pretender()
    search = live(tmp_path / "t.duckdb", executor)
    assert len(search.outcomes) == 6
    assert len(set(executor.trained)) == len(executor.trained) == 12
    bench = Benchmark.load(tmp_path / "t.duckdb")
    for outcome in search.outcomes:
        known = bench.query(outcome.arch)
        assert outcome == Outcome(outcome.arch, pytest.approx(known.val_top1), len(known.seeds), True)


def test_a_search_goes_on_with_what_the_table_knows(tmp_path: Path) -> None:
    path = tmp_path / "t.duckdb"
    with pytest.raises(KeyboardInterrupt):
        live(path, Pretender(breaks=8))
    executor = Pretender()
    search = live(path, executor)
    assert len(search.outcomes) == 6
    trained = [outcome.trained for outcome in search.outcomes]
    assert 2 <= trained.count(False) <= 4
    with Store(path) as store:
        assert len(store.keys) >= 12
    assert live(path, Pretender()).outcomes  # nothing is left to do
    again = Pretender()
    live(path, again)
    assert again.trained == []


def test_blocks_without_all_seeds_are_unknown_and_only_the_missing_are_trained(tmp_path: Path) -> None:
    path = tmp_path / "t.duckdb"
    first = live(path, Pretender(), seeds=(0,), evaluations=4)
    executor = Pretender()
    search = live(path, executor, seeds=(0, 1), evaluations=4)
    assert {outcome.arch for outcome in search.outcomes} == {outcome.arch for outcome in first.outcomes}  # the same seed
    assert {seed for _, seed in executor.trained} == {1}
    assert len(executor.trained) == 4


def test_a_predictor_learns_from_blocks_outside_the_pool(tmp_path: Path) -> None:
    path = tmp_path / "t.duckdb"
    with Store(path, [DIGITS]) as store:
        store.append(made_up(54983))
    search = live(path, Pretender(), name="linear", seeds=(0,), evaluations=3)
    assert 54983 in search._strategy.history.objectives  # type: ignore[attr-defined]
    assert 54983 not in [outcome.arch for outcome in search.outcomes]
    assert len(search.outcomes) == 3


@pytest.mark.slow
def test_a_killed_search_goes_on(tmp_path: Path) -> None:
    command = [
        *(sys.executable, "-m", "sase_bench.bo", "--live", "--seeds", "0,0", "--evaluations", "6", "--workers", "2"),
        *("--db", str(tmp_path / "t.duckdb"), "--surrogate", "linear"),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    journal = tmp_path / "t.duckdb.journal"
    while time.monotonic() < deadline and not (journal.exists() and journal.stat().st_size):
        time.sleep(0.2)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "6 blocks known" in done.stdout
    trained = int(done.stdout.split(" of them trained")[0].split()[-1])
    assert trained < 6
