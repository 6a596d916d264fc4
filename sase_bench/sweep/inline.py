"""The executor without worker processes: threads of the driver's own process train, each one task at a time.

For a GPU, where each thread has a stream, so that small networks of several blocks share the device; and for machines without
the package Pebble. A crash takes the driver with it: what was finished is kept, and the same command goes on.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from threading import Event, Lock
from time import perf_counter
from typing import TYPE_CHECKING

from sase_bench.errors import RequestError
from sase_bench.record import EpochRecord, Record
from sase_bench.sweep.executor import Job, Task, WorkerDied, read_data, train

if TYPE_CHECKING:
    from sase_bench.proxies.datasets import ProxyData

__all__ = ["InlineExecutor"]

_STREAMS = 8  # tasks at once on a GPU, unless told otherwise
_MOST = 24  # of the 32 streams that torch has for a GPU


class InlineExecutor:
    """`workers` threads; None = 8 on a GPU, where one task leaves most of the device idle, and otherwise 1.

    Of tasks that share the device each has its share of the time, as seeds that are trained together have; the peak of its
    memory is not known and stays missing.
    Raises `RequestError` for a device that is not there, and for more than 24 workers on a GPU.
    """

    def __init__(self, job: Job, workers: int | None = None, *, data: ProxyData | None = None) -> None:
        """`data` are the images on the job's device when they are at hand; else they are read with the first task."""
        from sase_bench.machine.processor import full_precision, limit_threads, resolve_device

        self._job, self._data, self._device = job, data, resolve_device(job.device)
        self._workers = workers or (_STREAMS if self._device.type == "cuda" else 1)
        if self._device.type == "cuda" and self._workers > _MOST:
            raise RequestError(f"a process has streams for {_MOST} blocks at once on a GPU, got --workers {workers}")
        self._settings = ExitStack()  # around all threads: torch has one number of them, and one precision, for the process
        self._settings.enter_context(limit_threads(job.threads))
        self._settings.enter_context(full_precision(self._device))
        self._pool = ThreadPoolExecutor(self._workers, "run", self._begin_thread)
        self._reading, self._stopped, self._shares = Lock(), Event(), _Shares()

    @property
    def capacity(self) -> int:
        return self._workers

    def submit(self, task: Task) -> Future[list[Record]]:
        return self._pool.submit(self._perform, task)

    def close(self, *, now: bool) -> None:
        """At once: when the epochs that are under way have ended."""
        if now:
            self._stopped.set()
        self._pool.shutdown(cancel_futures=now)
        self._settings.close()
        if self._device.type == "cuda":
            from sase_bench.proxies.tape import forget

            forget()

    def _perform(self, task: Task) -> list[Record]:
        with self._reading:  # by the first task alone
            data = self._data or read_data(self._job)
        before, start = self._shares.enter(), perf_counter()
        try:
            records = train(self._job, task, data, on_epoch=self._on_epoch)
        finally:
            had = self._shares.leave() - before
        return records if self._workers == 1 else [_shared(record, had / (perf_counter() - start)) for record in records]

    def _begin_thread(self) -> None:
        """On a GPU a thread has one stream for all its tasks: torch has 32, and would give one out twice."""
        if self._device.type == "cuda":
            import torch

            torch.cuda.set_stream(torch.cuda.Stream(self._device))  # type: ignore[no-untyped-call]

    def _on_epoch(self, point: EpochRecord) -> None:
        if self._stopped.is_set():
            raise WorkerDied("the sweep was stopped")


class _Shares:
    """The time that has passed for each of those who are here: a second among three is a third of a second for each."""

    def __init__(self) -> None:
        self._lock, self._here, self._passed, self._at = Lock(), 0, 0.0, 0.0

    def enter(self) -> float:
        return self._change(1)

    def leave(self) -> float:
        return self._change(-1)

    def _change(self, by: int) -> float:
        with self._lock:
            now = perf_counter()
            if self._here:
                self._passed += (now - self._at) / self._here
            self._here, self._at = self._here + by, now
            return self._passed


def _shared(record: Record, share: float) -> Record:
    """`record` with this share of its seconds."""

    def of(seconds: float | None) -> float | None:
        return None if seconds is None else seconds * share

    curve = tuple(replace(point, seconds=of(point.seconds)) for point in record.curve)
    train_seconds, eval_seconds = of(record.train_seconds), of(record.eval_seconds)
    return replace(record, train_seconds=train_seconds, eval_seconds=eval_seconds, curve=curve, peak_memory=None)
