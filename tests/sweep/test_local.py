"""Real worker processes."""

import multiprocessing
import os
import signal
import time
from dataclasses import replace

import pytest
import torch

from sase_bench.errors import RequestError
from sase_bench.proxies.measurement import measure
from sase_bench.space import SASE_BLOCK
from sase_bench.sweep.executor import Job, Task, WorkerDied
from sase_bench.sweep.local import LocalExecutor
from tests.records import DIGITS

SHORT = replace(DIGITS, epochs=1, train_size=100, val_size=60, test_size=40)
TASK = Task(SASE_BLOCK, (0,))


def test_workers_train_replace_their_dead_and_say_what_cannot_be_done() -> None:
    executor = LocalExecutor(Job(proxy=SHORT, device="cpu"), workers=1)
    try:
        (record,) = executor.submit(TASK).result(timeout=120)
        assert record.agrees(measure(SASE_BLOCK, SHORT, 0))
        for stop, reason in ((signal.SIGSTOP, "before it took the run"), (signal.SIGCONT, "signal SIGKILL")):
            (worker,) = multiprocessing.active_children()
            os.kill(worker.pid or 0, stop)  # a stopped worker does not even take the run
            doomed = executor.submit(TASK)
            time.sleep(0.02)
            os.kill(worker.pid or 0, signal.SIGKILL)
            with pytest.raises(WorkerDied, match=rf"the worker process died \(.*{reason}\)"):
                doomed.result(timeout=120)
            assert executor.submit(TASK).result(timeout=120)[0].agrees(record)
    finally:
        executor.close(now=True)
    assert multiprocessing.active_children() == []


def test_a_job_that_cannot_be_done_raises_the_workers_reason() -> None:
    executor = LocalExecutor(Job(proxy=replace(SHORT), device="tpu"), workers=1)
    try:
        with pytest.raises(RequestError, match="a device is auto, cpu or cuda, got 'tpu'"):
            executor.submit(TASK).result(timeout=120)
    finally:
        executor.close(now=False)


@pytest.mark.parametrize(
    ("device", "there", "count"), [("cpu", True, 5), ("auto", False, 5), ("auto", True, 2), ("cuda", True, 2)]
)
def test_a_processor_has_a_worker_of_its_own_and_a_gpu_two(
    device: str, there: bool, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    monkeypatch.setattr("sase_bench.sweep.local.usable_cpus", lambda: 5)
    for workers, capacity in ((None, count), (7, 7)):
        executor = LocalExecutor(Job(proxy=SHORT, device=device), workers)
        assert executor.capacity == capacity
        executor.close(now=True)
