"""What Ray says in the words of the protocol; and, slow, a real cluster of two nodes on this machine."""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sase_bench.database import Store, connect
from sase_bench.errors import RequestError
from sase_bench.record import Record
from sase_bench.space import SASE_BLOCK, Space
from sase_bench.sweep.driver import sweep
from sase_bench.sweep.executor import Job, NodeLost, Task, WorkerDied
from sase_bench.sweep.executors import executor_of
from sase_bench.sweep.options import add_training_options, check_training_options
from sase_bench.sweep.ray import RayExecutor, Share, failure, slots
from tests.records import DIGITS

SHORT = replace(DIGITS, epochs=1, train_size=100, val_size=60, test_size=40)
ENDLESS = replace(DIGITS, epochs=5000)
TASKS = [Task(arch, (0,)) for arch in Space("tied")[:6]]
PATIENCE = 240  # seconds


def read(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_training_options(parser)
    return parser.parse_args(words)


def test_options_of_ray_are_refused_without_ray() -> None:
    check_training_options(
        read("--executor", "ray", "--address", "here:6379", "--cpus-per-run", "0.5", "--gpus-per-run", "0.25")
    )
    with pytest.raises(RequestError, match=r"^--address, --gpus-per-run goes with --executor ray, got --executor local$"):
        check_training_options(read("--address", "auto", "--gpus-per-run", "1"))


@pytest.mark.parametrize("words", [["--cpus-per-run", "0"], ["--cpus-per-run", "nan"], ["--cpus-per-run", "-1"]])
def test_a_run_takes_some_of_a_processor(words: list[str]) -> None:
    with pytest.raises(RequestError, match="--cpus-per-run is positive, got"):
        executor_of(read("--executor", "ray", *words), Job(proxy=SHORT))


@pytest.mark.parametrize("gpus", ["1.5", "-0.5", "inf"])
def test_gpus_are_whole_or_a_part_of_one(gpus: str) -> None:
    with pytest.raises(RequestError, match="--gpus-per-run is a part of a GPU or a whole number of them, got"):
        executor_of(read("--executor", "ray", "--gpus-per-run", gpus), Job(proxy=SHORT))


@pytest.mark.parametrize(
    ("node", "share", "count"),
    [
        ({"CPU": 8.0, "GPU": 2.0}, Share(cpus=1, gpus=0.1), 8),
        ({"CPU": 64.0, "GPU": 2.0}, Share(cpus=1, gpus=0.1), 20),
        ({"CPU": 64.0, "GPU": 2.0}, Share(cpus=1, gpus=0.6), 2),  # not three: none has its parts on two GPUs
        ({"CPU": 64.0, "GPU": 5.0}, Share(cpus=1, gpus=2), 2),
        ({"CPU": 1.5}, Share(cpus=1), 1),
        ({"memory": 1e9}, Share(cpus=1), 0),
        ({"CPU": 8.0}, Share(cpus=1, gpus=0.5), 0),
    ],
)
def test_room_is_counted_node_by_node(node: dict[str, float], share: Share, count: int) -> None:
    assert slots([node], share) == count
    assert slots([node, node, {"CPU": 0.0}], share) == 2 * count


def test_a_failure_of_ray_is_told_in_the_words_of_the_protocol() -> None:
    """Without a cluster: Ray's own exceptions, made by hand."""
    errors: Any = pytest.importorskip("ray.exceptions", reason="needs the extra 'scale'")

    def raised(cause: Exception) -> BaseException:
        error = errors.RayTaskError("_perform", "a traceback", cause, proctitle="ray", pid=1, ip="127.0.0.1")
        return failure(error.as_instanceof_cause())

    refused = RequestError("there is no CUDA device on this machine; use --device cpu")
    assert raised(refused) is refused
    assert type(failure(errors.WorkerCrashedError())) is WorkerDied
    assert str(failure(errors.OutOfMemoryError("7 GB of 8"))) == "the worker process died (out of memory)"
    for lost in (errors.NodeDiedError("gone"), errors.OwnerDiedError("ab" * 28, None, "")):
        assert type(failure(lost)) is NodeLost
        assert type(raised(lost)) is NodeLost  # while the task fetched its images
    absent = raised(ModuleNotFoundError("No module named 'sase_bench'"))
    assert (type(absent), "on every node" in str(absent)) == (RequestError, True)
    other = failure(errors.RuntimeEnvSetupError("no such thing\nand more"))
    assert type(other) is RequestError
    assert "\n" not in str(other)
    mistake = TypeError("a mistake of ours")
    assert raised(mistake) is mistake
    assert failure(mistake) is mistake


@pytest.mark.parametrize(("gpus", "calls"), [(0.0, 0), (0.25, 1), (2.0, 1)])
def test_a_worker_with_a_gpu_ends_with_its_task(gpus: float, calls: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a node of several it would stay with the first that it was given; without a GPU it is used again."""
    asked: dict[str, object] = {}

    def remote(**options: object) -> object:
        asked.update(options)
        return lambda function: function

    library = SimpleNamespace(
        is_initialized=lambda: True,
        nodes=lambda: [{"Alive": True, "Resources": {"CPU": 8.0, "GPU": 2.0}}],
        put=lambda images: images,
        remote=remote,
    )
    monkeypatch.setattr("sase_bench.sweep.ray._library", lambda: library)
    RayExecutor(Job(proxy=SHORT), share=Share(gpus=gpus))
    assert asked == {"max_retries": 0, "max_calls": calls, "num_cpus": 1.0, "num_gpus": gpus}


class Nodes:
    """A cluster of a head without processors and of nodes of this machine with one processor each."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        memory = {"object_store_memory": 100_000_000}
        self.cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False, **memory})
        self.nodes = [self.cluster.add_node(num_cpus=1, **memory) for _ in range(2)]
        self.address: str = self.cluster.address

    def executor(self, proxy: Any = SHORT, workers: int | None = None) -> RayExecutor:
        return RayExecutor(Job(proxy=proxy, device="cpu"), workers, address=self.address)


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Nodes]:
    pytest.importorskip("ray", reason="needs the extra 'scale'")
    monkeypatch.setenv("RAY_worker_niceness", "0")  # 15 by default: beside other jobs a worker would hardly get to run
    made = Nodes()
    yield made
    made.cluster.shutdown()


def made_here(task: Task) -> Record:
    from sase_bench.proxies.measurement import measure

    return measure(task.arch, SHORT, task.seeds[0])


def busy_workers() -> list[int]:
    """Worker processes of Ray that have a task of ours under way."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "cmdline").read_bytes().startswith(b"ray::_perform"):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def wait_for(count: int) -> list[int]:
    deadline = time.monotonic() + PATIENCE
    while len(found := busy_workers()) < count:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # of Ray's own code
def test_runs_come_back_from_two_nodes_and_agree_with_those_made_here(nodes: Nodes) -> None:
    executor = nodes.executor()
    try:
        assert executor.capacity == 2
        futures = [executor.submit(task) for task in TASKS]
        for task, future in zip(TASKS, futures, strict=True):
            (record,) = future.result(timeout=PATIENCE)
            assert record.agrees(made_here(task))
        together = executor.submit(Task(SASE_BLOCK, (0, 1))).result(timeout=PATIENCE)
        assert [(record.seed, record.status, record.path) for record in together] == [(0, "ok", "fused"), (1, "ok", "fused")]
        nodes.cluster.add_node(num_cpus=3, object_store_memory=100_000_000)
        deadline = time.monotonic() + PATIENCE
        while executor.capacity != 5:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    finally:
        executor.close(now=False)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_killed_worker_and_a_removed_node_cost_their_runs_and_others_take_over(nodes: Nodes) -> None:
    executor = nodes.executor(ENDLESS)
    try:
        doomed = executor.submit(TASKS[0])
        (worker,) = wait_for(1)
        os.kill(worker, signal.SIGKILL)
        with pytest.raises(WorkerDied) as died:
            doomed.result(timeout=PATIENCE)
        assert not isinstance(died.value, NodeLost)
        both = [executor.submit(task) for task in TASKS[:2]]
        wait_for(2)
        nodes.cluster.remove_node(nodes.nodes[0], allow_graceful=False)
        deadline = time.monotonic() + PATIENCE
        while not any(future.done() for future in both):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        (lost,) = [future for future in both if future.done()]
        with pytest.raises(WorkerDied):
            lost.result()
    finally:
        executor.close(now=True)
    assert len(busy_workers()) <= 1  # cancelled; the process is on its way out
    again = nodes.executor()
    try:
        deadline = time.monotonic() + PATIENCE
        while again.capacity > 1:  # Ray's head takes its time to give up a node that vanished
            assert time.monotonic() < deadline
            time.sleep(0.5)
        assert again.submit(TASKS[0]).result(timeout=PATIENCE)[0].agrees(made_here(TASKS[0]))
    finally:
        again.close(now=False)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_driver_that_is_killed_and_one_that_is_interrupted_lose_nothing_and_make_nothing_twice(
    nodes: Nodes, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "sase_bench.sweep", "--executor", "ray", "--address", nodes.address, "--device", "cpu"]
    command += ["--plan", "random:24", "--seeds", "1"]
    known: set[tuple[object, ...]] = set()
    for stop in (signal.SIGKILL, signal.SIGINT):
        driver = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        while len(rows(tmp_path)) == len(known):
            assert driver.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.2)
        driver.send_signal(stop)
        assert driver.wait(timeout=PATIENCE) == (-9 if stop == signal.SIGKILL else 130)
        now = rows(tmp_path)
        assert known < now
        known = now
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stdout.split(" (")[0]) == (0, "sase-bench.duckdb: 24 of 24 planned runs")
    final = rows(tmp_path)
    assert known <= final
    assert len(final) == len({row[:2] for row in final}) == 24


def rows(folder: Path) -> set[tuple[object, ...]]:
    path = folder / "sase-bench.duckdb"
    if not path.exists():
        return set()
    with connect(path) as table:
        return set(table.execute("SELECT arch, seed, started_at, val_loss FROM runs").fetchall())


def slowly(job: Job, task: Task, images: tuple[Any]) -> Iterator[list[Record]]:
    """A run that hangs in C and keeps the interpreter for itself, one that takes its time in Python, and others as they are."""
    from sase_bench.sweep.ray import _perform_in_steps

    steps = _perform_in_steps(job, task, images)
    yield next(steps)
    if task == TASKS[0]:
        sum(range(10**18))
    elif task == TASKS[1]:
        time.sleep(3600)
    yield next(steps)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_runs_that_take_too_long_are_cancelled_and_the_sweep_goes_on(
    nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ray import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # the workers have no tests
    monkeypatch.setattr("sase_bench.sweep.ray._perform_in_steps", slowly)
    job = Job(proxy=SHORT, device="cpu", limit=60)  # enough for a short run, however slow the machine is
    tasks = [*TASKS[:4], Task(SASE_BLOCK, (0, 1))]
    try:
        executor = RayExecutor(job, address=nodes.address)
        with Store(tmp_path / "table.duckdb", [SHORT]) as store:
            result = sweep(store, executor, job, tasks)
            records = {task: store.find((task.arch.index, "digits", 0)) for task in tasks}
    finally:
        cloudpickle.unregister_pickle_by_value(sys.modules[__name__])
    assert result.statuses == {"failed": 2, "ok": 4}
    for task, record in records.items():
        assert record is not None
        reason = "the run took longer than the limit of 60 s" if task in TASKS[:2] else None
        assert (task, record.reason) == (task, reason)
    assert busy_workers() == []


@pytest.mark.slow
def test_an_address_without_a_cluster_is_refused() -> None:
    pytest.importorskip("ray", reason="needs the extra 'scale'")
    with pytest.raises(RequestError, match="no Ray cluster to join at 'auto'"):
        RayExecutor(Job(proxy=SHORT, device="cpu"))
