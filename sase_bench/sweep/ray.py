"""The executor of a cluster: every task is a Ray task with a declared share of processors and GPUs.

Ray places the tasks, so that small runs share a GPU, and moves the images: they go into its object store once, from there
to each node once, and all workers of a node read the same memory. Nodes need the package and no folder of data sets, and a
copy that differs from the driver's cannot be read by mistake. There is no pretrained trunk to move: a run derives its
weights from its seed.

Retries are the driver's: Ray is told to make none, so that one place counts them. Nodes may come and go meanwhile. A limit is
kept by a thread of the driver for each task, on the monotonic clock, from when its worker says that it begins: a task may wait
for a node. Not here: starting a cluster, see docs/slurm.md.
"""

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

from sase_bench.errors import RequestError, needing
from sase_bench.record import Record
from sase_bench.sweep.executor import Job, NodeLost, Task, TookTooLong, WorkerDied, read_data, train

if TYPE_CHECKING:
    from sase_bench.proxies.datasets import ProxyData

__all__ = ["RayExecutor", "Share", "failure", "slots"]

_PARTS = ("train", "val", "test")
_GLANCE = 1.0  # seconds between two looks at the nodes, which ask Ray's head
_FAREWELL = 10.0  # most seconds that cancelled tasks have to be gone


@dataclass(frozen=True, kw_only=True)
class Share:
    """What a task reserves on a node. Ray hands GPUs out whole, or in equal parts of one."""

    cpus: float = 1.0  # processors
    gpus: float = 0.0  # GPUs; 0.25 = four tasks to a GPU

    def __post_init__(self) -> None:
        if not (math.isfinite(self.cpus) and self.cpus > 0):
            raise RequestError(f"--cpus-per-run is positive, got {self.cpus:g}")
        if not (math.isfinite(self.gpus) and self.gpus >= 0) or (self.gpus > 1 and self.gpus % 1):
            raise RequestError(f"--gpus-per-run is a part of a GPU or a whole number of them, got {self.gpus:g}")


class RayExecutor:
    """Runs on the Ray cluster at `address`: `auto` = the one that this machine is in, `local` = one of this machine alone.

    `workers` is the most tasks that are under way, None = as many as there is room for. A process that has joined a cluster
    stays in it. Raises `RequestError` where Ray, the cluster, the data set or the room for a single run is missing.
    """

    def __init__(self, job: Job, workers: int | None = None, *, address: str = "auto", share: Share | None = None) -> None:
        ray = _library()
        self._share = share or Share(gpus=float(job.device == "cuda"))
        self._job, self._workers = replace(job, device=_device(job.device, self._share)), workers
        self._running: dict[Future[Any], Any] = {}  # → what cancels its task
        self._looked, self._room = -math.inf, 0
        images = _arrays(self._job)  # before the cluster is joined: the data set may be missing
        self._joined = not ray.is_initialized()
        if self._joined:
            _join(ray, address)
        try:
            if not self._slots():
                raise RequestError(
                    f"no node of the Ray cluster has room for a run with {self._share.cpus:g} processors and "
                    f"{self._share.gpus:g} GPUs; see --cpus-per-run and --gpus-per-run"
                )
            self._images = ray.put(images)
        except BaseException:
            self._leave()
            raise
        share_of = {"num_cpus": self._share.cpus, "num_gpus": self._share.gpus}
        # max_calls: a worker with a GPU ends with its task, for its process would stay with that GPU where Ray gives the next
        # task another one of the node; a worker without is used again
        perform = _perform if job.limit is None else _perform_in_steps
        self._train = ray.remote(max_retries=0, max_calls=int(self._share.gpus > 0), **share_of)(perform)

    @property
    def capacity(self) -> int:
        """Tasks that the nodes of this moment have room for; one at least, which waits in Ray until a node comes."""
        room = max(1, self._slots())
        return room if self._workers is None else min(room, self._workers)

    def submit(self, task: Task) -> Future[list[Record]]:
        result: Future[list[Record]] = Future()
        reference = self._running[result] = self._train.remote(self._job, task, (self._images,))

        def settle(done: Future[Any]) -> None:
            self._running.pop(result, None)
            error = done.exception()
            if error is None:
                result.set_result(done.result())
            else:
                result.set_exception(failure(error))

        if self._job.limit is None:
            reference.future().add_done_callback(settle)
        else:
            self._watched(reference, self._job.limit * len(task.seeds)).add_done_callback(settle)
        return result

    def _watched(self, steps: Any, seconds: float) -> Future[list[Record]]:
        """What the task of `_perform_in_steps` brings within its time."""
        ray, result = _library(), Future[list[Record]]()

        def watch() -> None:
            try:
                ray.get(next(steps))
                if not ray.wait([steps], timeout=seconds)[0]:
                    ray.cancel(steps, force=True)  # as in `close`
                    raise TookTooLong(self._job.limit)
                result.set_result(ray.get(next(steps)))
            except Exception as error:
                result.set_exception(error)

        Thread(target=watch, daemon=True).start()
        return result

    def close(self, *, now: bool) -> None:
        """Cancel what is under way, in time for the driver to leave, or wait for it; and leave the cluster."""
        ray = _library()
        left = dict(self._running)
        for reference in left.values() if now else ():
            with suppress(ray.exceptions.RayError):  # the cluster may be what ended the sweep
                ray.cancel(reference, force=True)  # the process as well: torch does not look up from a long operation
        wait(left, timeout=_FAREWELL if now else None)
        self._leave()

    def _slots(self) -> int:
        if monotonic() - self._looked > _GLANCE:
            nodes = _library().nodes()
            self._room = slots((node["Resources"] for node in nodes if node["Alive"]), self._share)
            self._looked = monotonic()
        return self._room

    def _leave(self) -> None:
        if self._joined:
            _library().shutdown()


def slots(nodes: Iterable[Mapping[str, float]], share: Share) -> int:
    """The tasks that fit on nodes with these resources, each task on one node and a part of a GPU on one GPU.

    >>> slots([{"CPU": 16.0, "GPU": 2.0}, {"CPU": 3.0}], Share(cpus=1, gpus=0.3)), slots([{"CPU": 16.0}], Share(cpus=0.5))
    (6, 32)
    """
    count = 0
    for node in nodes:
        room = _times(node.get("CPU", 0.0), share.cpus)
        if share.gpus:
            gpus = node.get("GPU", 0.0)
            room = min(room, int(gpus) * _times(1.0, share.gpus) if share.gpus <= 1 else _times(gpus, share.gpus))
        count += room
    return count


def failure(error: BaseException) -> BaseException:
    """What Ray says of a task, in the words of the protocol."""
    from ray import exceptions

    if isinstance(error, exceptions.RayTaskError):
        cause: BaseException = error.cause
        if isinstance(cause, ImportError) or "failed to import on the worker" in str(cause):
            return RequestError("a node of the cluster lacks the package; install 'sase-bench[scale,train]' on every node")
        return failure(cause) if isinstance(cause, exceptions.RayError) else cause
    if isinstance(error, exceptions.NodeDiedError | exceptions.ObjectLostError):
        return NodeLost("the node of the run was lost")
    if isinstance(error, exceptions.OutOfMemoryError):
        return WorkerDied("the worker process died (out of memory)")
    if isinstance(error, exceptions.WorkerCrashedError):
        return WorkerDied("the worker process died (Ray says no more)")
    if isinstance(error, exceptions.RayError):
        line = (str(error).splitlines() or [type(error).__name__])[0]
        return RequestError(f"the Ray cluster cannot go on: {line}")
    return error


def _library() -> Any:
    with needing("a cluster", "scale", "train"):
        import ray
    return ray


def _join(ray: Any, address: str) -> None:
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.WARNING)
    except (ConnectionError, RuntimeError, ValueError) as error:
        reason = (str(error).splitlines() or ["no reason given"])[0]
        raise RequestError(
            f"no Ray cluster to join at {address!r} ({reason}); start it with 'ray start --head', or say --address local"
        ) from error


def _device(name: str, share: Share) -> str:
    """The device for `auto`: Ray hides no GPU from a task that declared none."""
    if name == "auto":
        return "cuda" if share.gpus else "cpu"
    if (name == "cuda") != bool(share.gpus):
        raise RequestError(f"--gpus-per-run and --device do not go together, got {share.gpus:g} GPUs on {name!r}")
    return name


def _times(there: float, each: float) -> int:
    return math.floor(there / each + 1e-6)  # 1 / 0.1 and its like


def _arrays(job: Job) -> dict[str, tuple[Any, Any]]:
    """The images and labels of the job's proxy as numpy arrays, which Ray shares between processes without a copy."""
    with needing("training", "train"):
        data = read_data(replace(job, device="cpu"))
    parts = {part: getattr(data, part) for part in _PARTS}
    return {part: (images.x.numpy(), images.y.numpy()) for part, images in parts.items()}


def _perform(job: Job, task: Task, images: tuple[Any]) -> list[Record]:
    """What a worker of the cluster does; the reference lies in a tuple so that Ray does not fetch it for every task."""
    return train(job, task, _shared(images[0], job.device))


def _perform_in_steps(job: Job, task: Task, images: tuple[Any]) -> Iterator[list[Record]]:
    """The same in two steps, for a limit: nothing as it begins, then its runs."""
    data = _shared(images[0], job.device)
    yield []
    yield train(job, task, data)


@lru_cache(maxsize=1)
def _shared(reference: Any, device: str) -> ProxyData:
    """The images in the node's shared memory, which nobody may write to; on a GPU, the process's copy of them."""
    import torch

    from sase_bench.machine.processor import resolve_device
    from sase_bench.proxies.datasets import Images, ProxyData

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writ", category=UserWarning)
        parts = {part: Images(*map(torch.from_numpy, arrays)) for part, arrays in _library().get(reference).items()}
    return ProxyData(**parts).to(resolve_device(device))
