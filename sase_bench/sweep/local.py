"""The executor of one machine: worker processes, through Pebble, which replaces a worker that dies."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

from sase_bench.errors import needing
from sase_bench.machine.processor import resolve_device, usable_cpus
from sase_bench.record import Record
from sase_bench.sweep.executor import Job, Task, TookTooLong, WorkerDied, perform

__all__ = ["LocalExecutor", "uses_gpu", "workers_on"]

_ON_GPU = 2  # processes that take turns: one prepares meanwhile; each has a CUDA context, and keeps up to 8 GiB of images


class LocalExecutor:
    """`workers` processes that each train one task at a time; None = as many as `workers_on` says."""

    def __init__(self, job: Job, workers: int | None = None) -> None:
        with needing("training", "train"):
            from pebble import ProcessPool
        self._job = job
        self._workers = workers or workers_on(job.device)
        self._options: dict[str, Any] = {
            "max_workers": self._workers,
            "initializer": _start_worker,
            "initargs": (os.getpid(),),
            "context": get_context("spawn"),
        }
        self._make = ProcessPool
        self._pool: Any = self._make(**self._options)

    @property
    def capacity(self) -> int:
        return self._workers

    def submit(self, task: Task) -> Future[list[Record]]:
        from pebble import ProcessExpired

        result: Future[list[Record]] = Future()

        def settle(done: Future[list[Record]]) -> None:
            error = done.exception()
            if isinstance(error, ProcessExpired) and error.exitcode == -signal.SIGALRM:
                result.set_exception(TookTooLong(self._job.limit))
            elif isinstance(error, BrokenExecutor | ProcessExpired):
                result.set_exception(WorkerDied(f"the worker process died ({_exit(getattr(error, 'exitcode', None))})"))
            elif error is not None:
                result.set_exception(error)
            else:
                result.set_result(done.result())

        with _without_interrupts():
            if not self._pool.active:  # Pebble gives up a pool whose worker dies before it has taken a task
                self._pool.join()
                self._pool = self._make(**self._options)
            self._pool.schedule(_perform, args=[self._job, task]).add_done_callback(settle)
        return result

    def close(self, *, now: bool) -> None:
        if now:
            self._pool.stop()
        else:
            self._pool.close()
        self._pool.join()


def workers_on(device: str) -> int:
    """The worker processes unless told otherwise: one for each usable processor, or two that share a GPU and its memory."""
    return _ON_GPU if uses_gpu(device) else usable_cpus()


def uses_gpu(device: str) -> bool:
    """Whether `device` is the GPU, or `auto` where there is one, for which torch is asked."""
    return device == "cuda" or (device == "auto" and resolve_device(device).type == "cuda")


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """What begins inside never sees Ctrl-C: a worker that is still importing could only answer with a traceback."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _perform(job: Job, task: Task) -> list[Record]:
    """Train `task`, or die of SIGALRM: whatever holds the interpreter up does not hold up the kernel.

    Pebble's own limit goes by the wall clock, which may be set forward in the middle of a run; the kernel's timer does not.
    """
    signal.setitimer(signal.ITIMER_REAL, 0 if job.limit is None else job.limit * len(task.seeds))
    try:
        return perform(job, task)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _exit(code: int | None) -> str:
    if code is None:
        return "before it took the run"
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"


def _start_worker(parent: int) -> None:
    """Leave Ctrl-C to the driver, and do not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
