"""What a sweep costs beside its training: the driver alone, and Ray on one node and on two.

The driver: the loop of `sweep` and the writing of rows, with an executor whose runs are made up at once, at several numbers of
tasks under way. `wall` is the clock's, `cpu` the processor time of the driver's process, which a busy machine disturbs less.
Ray: tasks that train nothing, one after another and as many as there is room for, on one and on two nodes of this machine with
one processor each; and tasks that only sleep, which scale as well as Ray hands them out. Medians and ranges of several repeats;
what follows from them for a cluster that is not here is worked out on the page that is written, and called what it is.

    python -m benchmarks.scale [--repeats 5] [--rows 5000] [--output docs/scale.md]
"""

from __future__ import annotations

import argparse
import platform
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from statistics import median
from typing import Any

from tabulate import tabulate

from sase_bench.database import Store
from sase_bench.database.shard_writer import ShardWriter
from sase_bench.machine.processor import processor_name, usable_cpus
from sase_bench.record import Record
from sase_bench.space import Space
from sase_bench.sweep import Job, Task, sweep, tasks_of
from tests.records import DIGITS, made_up

JOB = Job(proxy=DIGITS, device="cpu")
UNDER_WAY = (1, 64, 1024, 4096)
EMPTY, SLEEPING = 200, 20  # tasks of a repeat, for each node
NAP = 0.5  # seconds

ON_A_GPU = 4  # runs at once, `--gpus-per-run 0.25`
GPUS = 1000
RUNS = (1, 5, 20, 60, 300)  # seconds of a run

Samples = list[float]


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


SINKS: dict[str, Callable[[Path], Any]] = {
    "a table": lambda path: Store(path.with_suffix(".duckdb"), [DIGITS]),
    "shards": lambda path: ShardWriter(path, [DIGITS]),
}


def measure_driver(rows: int, repeats: int) -> dict[tuple[str, int], tuple[Samples, Samples]]:
    """Milliseconds of the driver for each row, wall and processor, by where rows go and how many tasks are under way."""
    tasks = tasks_of(Space("full").sample(rows, seed=0), [0])
    found = {}
    for name, sink in SINKS.items():
        for capacity in UNDER_WAY:
            if capacity <= rows:
                spent = [driver_seconds(sink, capacity, tasks) for _ in range(repeats)]
                wall, cpu = ([seconds * 1e3 for seconds in column] for column in zip(*spent, strict=True))
                found[name, capacity] = wall, cpu
                print(f"  {name:<8}{capacity:>5} under way: {summary(wall)} ms wall, {summary(cpu)} ms processor", flush=True)
    return found


def measure_whole_space() -> tuple[float, int]:
    """Seconds for a sweep of all 117,649 blocks whose runs are made up, into shards, and the peak of memory in MB."""
    tasks = tasks_of(list(Space("full")), [0])
    wall, _ = driver_seconds(SINKS["shards"], UNDER_WAY[-1], tasks)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"  shards, all {len(tasks):,} blocks: {wall * len(tasks):.0f} s, peak {peak} MB", flush=True)
    return wall * len(tasks), peak


def measure_ray(repeats: int) -> dict[tuple[int, str], Samples]:
    """Milliseconds a task, by the number of nodes and by what the tasks are and how many are under way."""
    import ray
    from ray.cluster_utils import Cluster

    from sase_bench.sweep.ray import RayExecutor

    memory = {"object_store_memory": 100_000_000}
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False, **memory})
    found: dict[tuple[int, str], Samples] = {}
    for nodes in (1, 2):
        cluster.add_node(num_cpus=1, **memory)
        executor = RayExecutor(JOB, address=cluster.address)

        def timed(function: Callable[..., Any], count: int, together: int, executor: RayExecutor = executor) -> float:
            """Milliseconds for each of `count` tasks, `together` of them under way."""
            executor._train = ray.remote(max_retries=0, max_calls=0, num_cpus=1)(function)
            executor._workers = together
            tasks = tasks_of(Space("full").sample(count, seed=0), [0])
            with tempfile.TemporaryDirectory() as folder, ShardWriter(Path(folder) / "runs", [DIGITS]) as store:
                start = time.perf_counter()
                result = sweep(store, _Kept(executor), JOB, tasks)
                seconds = time.perf_counter() - start
            assert result.done == count
            return seconds / count * 1e3

        timed(nothing, 10 * nodes, nodes)  # starts the worker processes
        for kind, function, count, together in (
            ("empty, one under way", nothing, EMPTY, 1),
            ("empty, one under way on each node", nothing, EMPTY * nodes, nodes),
            ("empty, 64 under way", nothing, EMPTY * nodes, 64),
            (f"sleeps {NAP} s, one under way on each node", sleep, SLEEPING * nodes, nodes),
        ):
            found[nodes, kind] = [timed(function, count, together) for _ in range(repeats)]
            print(f"  {nodes} node: {summary(found[nodes, kind])} ms a task that is {kind}", flush=True)
        executor.close(now=False)
    cluster.shutdown()
    return found


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


def as_page(
    driver: dict[tuple[str, int], tuple[Samples, Samples]],
    whole: tuple[float, int],
    tasks: dict[tuple[int, str], Samples],
    repeats: int,
) -> str:
    """The figures, and what they mean for a cluster."""
    blocks, slots = len(Space("full")), GPUS * ON_A_GPU
    alone = [(name, under_way, summary(wall), summary(cpu)) for (name, under_way), (wall, cpu) in driver.items()]
    handed = [(nodes, kind, summary(found)) for (nodes, kind), found in tasks.items()]
    naps = next(kind for _, kind in tasks if kind.startswith("sleeps"))
    scaling = median(tasks[1, naps]) / median(tasks[2, naps])
    rates = {f"the driver into {name}": 1e3 / median(driver[name, UNDER_WAY[-1]][0]) for name in SINKS}
    rates["Ray's hand-out with shards, all of it on these processors"] = 1e3 / median(tasks[2, "empty, 64 under way"])
    least = min(rates.values())
    busy = [(seconds, f"{least * seconds:,.0f}", f"{least * seconds / ON_A_GPU:,.0f}") for seconds in RUNS]
    machine = f"{processor_name()}, {usable_cpus()} processors, Python {platform.python_version()}"
    parts = [
        "# Scale",
        f"What a sweep costs beside its training, written by `python -m benchmarks.scale --repeats {repeats}`. {machine};",
        f"medians of {repeats} repeats, least and most in brackets. Runs are made up at once, with rows as large as real ones.",
        "",
        "## The driver",
        "",
        table(alone, "rows go to", "tasks under way", "ms a row, wall", "ms a row, processor"),
        "",
        f"All {blocks:,} blocks in one sweep into shards: {whole[0]:,.0f} s, {blocks / whole[0]:,.0f} rows a second, peak",
        f"memory {whole[1]:,} MB. A plan is a list in memory; a row is forgotten once it is on disk.",
        "",
        "## Ray, two node processes of one machine",
        "",
        table(handed, "nodes", "tasks", "ms a task"),
        "",
        f"From one node to two, tasks that only sleep: {scaling:.2f} times as many a second.",
        "",
        f"## What {GPUS:,} GPUs would do",
        "",
        "Worked out from the above; no such cluster has run it. Rows a second that one driver takes:",
        "",
        *(f"* {name}: {rate:,.0f}" for name, rate in rates.items()),
        "",
        f"By the least of them the driver is the limit where GPUs end more than {least:,.0f} runs a second. With {ON_A_GPU}",
        "runs at once on a GPU:",
        "",
        table(busy, "seconds of a run", "runs under way that one driver keeps up with", "GPUs"),
        "",
        f"No more than {UNDER_WAY[-1]:,} under way were measured; a larger number assumes that a row takes no longer.",
        f"{GPUS:,} GPUs with {ON_A_GPU} runs each are busy all the time where a run takes {slots / least:,.0f} s or more.",
        f"The whole space with one seed, at 60 s a run, is {blocks * 60 / slots / 3600:.1f} hours of theirs. For shorter",
        "runs there is `--together`, which makes several rows a task, and an array of drivers with a shelf each",
        "([slurm.md](slurm.md)), which share nothing.",
    ]
    return "\n".join(parts) + "\n"


def table(rows: Sequence[Sequence[object]], *headers: str) -> str:
    return tabulate(rows, headers, tablefmt="pipe", disable_numparse=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--output", type=Path, default=Path("docs/scale.md"), metavar="PATH")
    options = parser.parse_args()
    if options.rows < UNDER_WAY[-1]:
        parser.error(f"--rows is at least {UNDER_WAY[-1]}, got {options.rows}")
    print(f"{processor_name()}, {usable_cpus()} processors; medians of {options.repeats} repeats, and ranges")
    driver = measure_driver(options.rows, options.repeats)
    page = as_page(driver, measure_whole_space(), measure_ray(options.repeats), options.repeats)
    options.output.write_text(page, encoding="utf-8")
    print(options.output)


if __name__ == "__main__":
    main()
