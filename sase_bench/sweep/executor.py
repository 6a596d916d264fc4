"""What the driver asks of whatever trains runs for it, and what a worker does with a task."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sase_bench.errors import missing
from sase_bench.recipes.recipe import Proxy
from sase_bench.record import EpochRecord, Record
from sase_bench.sweep.plan import Task

if TYPE_CHECKING:
    from sase_bench.proxies.datasets import ProxyData

__all__ = [
    "Executor",
    "Job",
    "NodeLost",
    "Task",
    "TookTooLong",
    "WorkerDied",
    "check_training",
    "perform",
    "read_data",
    "train",
]


class WorkerDied(Exception):  # noqa: N818 - it is what happened, to be handled, and no one's mistake
    """The process that had a task ended before the task did."""


class NodeLost(WorkerDied):
    """The machine went with its worker, which says nothing against the task."""


class TookTooLong(WorkerDied):
    """The task was ended, and its worker with it, because its time was over. Another attempt would take as long."""

    def __init__(self, limit: float | None) -> None:
        super().__init__(f"the run took longer than the limit of {limit:g} s")


@dataclass(frozen=True, kw_only=True)
class Job:
    """What all tasks of a sweep have in common."""

    proxy: Proxy
    folder: Path | None = None  # of torchvision's data sets
    download: bool = False
    device: str = "auto"
    threads: int = 1  # CPU threads of each run
    limit: float | None = None  # seconds that a run may take; runs that are trained together may take the sum


class Executor(Protocol):
    """Trains tasks of one job somewhere else."""

    @property
    def capacity(self) -> int:
        """Tasks that can be under way at once."""
        ...

    def submit(self, task: Task) -> Future[list[Record]]:
        """Start a task. Its future raises `WorkerDied` if its worker is lost, `RequestError` if the job cannot be done.

        An executor that takes a job with a `limit` keeps it: the future raises `TookTooLong`.
        """
        ...

    def close(self, *, now: bool) -> None:
        """Let go of the workers: at once, or when what they are doing is done."""
        ...


def check_training() -> None:
    """Raises `RequestError` where nothing can be trained, before a table is made for the runs."""
    if find_spec("torch") is None:
        raise missing("training", "train")


def perform(job: Job, task: Task) -> list[Record]:
    """Train one task in this process; the data set is read once a process."""
    return train(job, task, read_data(job))


def train(
    job: Job, task: Task, data: ProxyData, *, on_epoch: Callable[[EpochRecord], None] = lambda point: None
) -> list[Record]:
    """Train one task on images that are at hand: several seeds fused, and on a GPU a single one in the same way.

    `on_epoch` sees each point of a curve as it comes, and may end the task by an exception.
    """
    from sase_bench.proxies.measurement import measure, measure_seeds

    proxy, device, threads = job.proxy, job.device, job.threads
    if len(task.seeds) > 1 or data.train.x.is_cuda:
        return measure_seeds(task.arch, proxy, task.seeds, device, data=data, threads=threads, on_epoch=on_epoch)
    return [measure(task.arch, proxy, task.seeds[0], device, data=data, threads=threads, on_epoch=on_epoch)]


def read_data(job: Job) -> ProxyData:
    """The images of the job's proxy on its device, read once a process."""
    return _data(job.proxy, job.folder, job.download, job.device)


@lru_cache(maxsize=1)
def _data(proxy: Proxy, folder: Path | None, download: bool, device: str) -> ProxyData:
    from sase_bench.machine.processor import resolve_device
    from sase_bench.proxies.datasets import load

    return load(proxy, folder, download=download).to(resolve_device(device))
