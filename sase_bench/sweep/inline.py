"""The executor without workers: it trains in the driver's own process, one task after another.

For a GPU, which one process keeps busy, and for machines without the package Pebble. A crash takes the driver with it: what
was finished is kept, and the same command goes on.
"""

from __future__ import annotations

from concurrent.futures import Future

from sase_bench.record import Record
from sase_bench.sweep.executor import Job, Task, perform

__all__ = ["InlineExecutor"]


class InlineExecutor:
    """`workers` is not used: there is one."""

    def __init__(self, job: Job, workers: int | None = None) -> None:
        self._job = job

    @property
    def capacity(self) -> int:
        return 1

    def submit(self, task: Task) -> Future[list[Record]]:
        """Train `task`; the future that comes back is done."""
        future: Future[list[Record]] = Future()
        try:
            future.set_result(perform(self._job, task))
        except Exception as error:
            future.set_exception(error)
        return future

    def close(self, *, now: bool) -> None:
        """Nothing is under way."""
