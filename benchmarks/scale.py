"""What a sweep costs beside its training: the driver alone, and Ray on one node and on two.

The driver: the loop of `sweep` and the writing of rows, with an executor whose runs are made up at once, at several numbers of
tasks under way. `wall` is the clock's, `cpu` the processor time of the driver's process, which a busy machine disturbs less.
Ray: tasks that train nothing, one after another and as many as there is room for, on one and on two nodes of this machine with
one processor each; and tasks that only sleep, which scale as well as Ray hands them out. Medians and ranges of several repeats.

    python -m benchmarks.scale [--repeats 5] [--rows 2000] [--without-ray]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from statistics import median
from typing import Any

from sase_bench.database import Store
from sase_bench.database.shard_writer import ShardWriter
from sase_bench.proxies.provenance import processor_name
from sase_bench.record import Record
from sase_bench.space import Space
from sase_bench.sweep import Job, Task, sweep, tasks_of
from sase_bench.sweep.local import usable_cpus
from tests.records import DIGITS, made_up

JOB = Job(proxy=DIGITS, device="cpu")
UNDER_WAY = (1, 64, 1024, 4096)
EMPTY, SLEEPING = 200, 20  # tasks of a repeat, for each node
NAP = 0.5  # seconds


class AtOnce:
    """An executor of made-up runs: of the tasks under way, one ends whenever the driver looks."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.waiting: list[tuple[Future[list[Record]], Task]] = []

    def submit(self, task: Task) -> Future[list[Record]]:
        future: Future[list[Record]] = Future()
        self.waiting.append((future, task))
        if len(self.waiting) >= self.capacity:
            self.end_one()
        return future

    def end_one(self) -> None:
        future, task = self.waiting.pop(0)
        future.set_result(nothing(JOB, task, ()))

    def end_all(self) -> None:
        while self.waiting:
            self.end_one()

    def close(self, *, now: bool) -> None:
        self.end_all()


def nothing(job: Job, task: Task, images: Any) -> list[Record]:
    """Rows as large as real ones, of no training."""
    return [made_up(task.arch.index, seed) for seed in task.seeds]


def sleep(job: Job, task: Task, images: Any) -> list[Record]:
    time.sleep(NAP)
    return nothing(job, task, images)


def driver_seconds(sink: Callable[[Path], Any], capacity: int, tasks: Sequence[Task]) -> tuple[float, float]:
    """Wall and processor seconds of the driver for each row."""
    executor = AtOnce(capacity)
    left = list(tasks)

    def more() -> list[Task]:
        if not left:
            executor.end_all()
            return []
        return [left.pop()]

    with tempfile.TemporaryDirectory() as folder, sink(Path(folder) / "runs") as store:
        wall, cpu = time.perf_counter(), time.process_time()
        result = sweep(store, executor, JOB, (), more=more)
        spent = time.perf_counter() - wall, time.process_time() - cpu
    assert result.done == len(tasks)
    return spent[0] / len(tasks), spent[1] / len(tasks)


def measure_driver(rows: int, repeats: int) -> None:
    tasks = tasks_of(Space("full").sample(rows, seed=0), [0])
    sinks = {
        "table": lambda path: Store(path.with_suffix(".duckdb"), [DIGITS]),
        "shards": lambda path: ShardWriter(path, [DIGITS]),
    }
    for name, sink in sinks.items():
        for capacity in UNDER_WAY:
            if capacity > rows:
                continue
            found = [driver_seconds(sink, capacity, tasks) for _ in range(repeats)]
            wall, cpu = (summary([seconds * 1e3 for seconds in column]) for column in zip(*found, strict=True))
            print(f"  {name:<7}{capacity:>5} under way: {wall} ms wall and {cpu} ms cpu a row", flush=True)


def measure_ray(repeats: int) -> None:
    import ray
    from ray.cluster_utils import Cluster

    from sase_bench.sweep.ray import RayExecutor

    memory = {"object_store_memory": 100_000_000}
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False, **memory})
    rates: dict[int, float] = {}
    for nodes in (1, 2):
        cluster.add_node(num_cpus=1, **memory)
        executor = RayExecutor(JOB, address=cluster.address)

        def timed(function: Callable[..., Any], count: int, together: int, executor: RayExecutor = executor) -> float:
            """Seconds for each of `count` tasks, `together` of them under way."""
            executor._train = ray.remote(max_retries=0, max_calls=0, num_cpus=1)(function)
            executor._workers = together
            tasks = tasks_of(Space("full").sample(count, seed=0), [0])
            with tempfile.TemporaryDirectory() as folder, ShardWriter(Path(folder) / "runs", [DIGITS]) as store:
                start = time.perf_counter()
                result = sweep(store, _Kept(executor), JOB, tasks)
                seconds = time.perf_counter() - start
            assert result.done == count
            return seconds / count

        timed(nothing, 10 * nodes, nodes)  # starts the worker processes
        single = [timed(nothing, EMPTY, 1) * 1e3 for _ in range(repeats)]
        empty = [timed(nothing, EMPTY * nodes, nodes) * 1e3 for _ in range(repeats)]
        naps = [timed(sleep, SLEEPING * nodes, nodes) * 1e3 for _ in range(repeats)]
        rates[nodes] = median(naps)
        print(f"  {nodes} node: {summary(single)} ms a run that trains nothing, one under way")
        print(f"  {nodes} node: {summary(empty)} ms a run that trains nothing, {nodes} under way")
        print(f"  {nodes} node: {summary(naps)} ms a run that sleeps {NAP * 1e3:.0f} ms, {nodes} under way", flush=True)
        executor.close(now=False)
    print(f"  from 1 node to 2: {rates[1] / rates[2]:.2f} times as many runs a second")
    cluster.shutdown()


class _Kept:
    """An executor that several sweeps use."""

    def __init__(self, executor: Any) -> None:
        self._executor = executor
        self.submit = executor.submit

    @property
    def capacity(self) -> int:
        count: int = self._executor.capacity
        return count

    def close(self, *, now: bool) -> None:
        """Leave it open."""


def summary(values: Sequence[float]) -> str:
    return f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--without-ray", action="store_true")
    options = parser.parse_args()
    print(f"{processor_name()}, {usable_cpus()} processors; medians of {options.repeats} repeats, and ranges")
    measure_driver(options.rows, options.repeats)
    if not options.without_ray:
        measure_ray(options.repeats)


if __name__ == "__main__":
    main()
