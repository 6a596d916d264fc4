"""The loop of a sweep: hand out tasks, write what comes back, stop cleanly.

The driver is the only writer of the table, and a run is on disk before its worker gets another. Whatever ends
a sweep, starting it again goes on with the runs that are missing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from signal import SIG_IGN, SIGINT, SIGTERM, getsignal, signal
from threading import Event, current_thread, main_thread
from time import monotonic
from types import FrameType

from sase_bench.database import Store
from sase_bench.proxies.provenance import processor_name, provenance
from sase_bench.record import Record
from sase_bench.sweep.executor import Executor, Job, Task, WorkerDied

__all__ = ["Progress", "Result", "sweep"]

#: Called with each run as it is written.
Progress = Callable[[Record], None]

_PATIENCE = 0.2  # seconds until an interrupt is noticed
_ATTEMPTS = 2  # a run whose worker died is tried once more


@dataclass
class Result:
    """What a sweep did."""

    planned: int
    before: int  # runs of the plan that were in the table already
    done: int = 0  # runs that this sweep added
    statuses: dict[str, int] = field(default_factory=dict)  # of those
    ended_by: str = ""  # "" = everything done; else "budget"

    @property
    def left(self) -> int:
        """Runs of the plan that are still missing."""
        return self.planned - self.before - self.done


def sweep(
    store: Store,
    executor: Executor,
    job: Job,
    tasks: Sequence[Task],
    *,
    budget: float | None = None,
    progress: Progress = lambda record: None,
    more: Callable[[], Sequence[Task]] = tuple,
) -> Result:
    """Train the tasks that are missing in `store`, and those that `more()` gives whenever a worker has nothing to do.

    With a `budget` in seconds no run is started that would not end within it, going by the longest one so far. On
    KeyboardInterrupt (Ctrl-C, SIGTERM) workers are stopped, what is finished is published, and the exception goes on.
    """
    todo: deque[Task] = deque()
    result = Result(planned=0, before=0)

    def plan(added: Sequence[Task]) -> None:
        missing = [task for task in added if (task.arch.index, job.proxy.name, task.seed) not in store]
        result.planned += len(added)
        result.before += len(added) - len(missing)
        todo.extend(missing)

    plan(tasks)
    clock = _Budget(budget)
    running: dict[Future[Record], _Attempt] = {}
    finished = False
    stop = Event()
    with _handlers(lambda number, frame: stop.set()):  # SIGTERM ends a sweep as Ctrl-C does, and neither breaks into a write
        try:
            while True:
                if stop.is_set():
                    raise KeyboardInterrupt
                while len(running) < executor.capacity and clock.allows_another():
                    while not todo and (added := more()):
                        plan(added)
                    if not todo:
                        break
                    attempt = _Attempt(todo.popleft(), monotonic())
                    running[executor.submit(attempt.task)] = attempt
                if not running:
                    result.ended_by = "budget" if todo else ""
                    break
                for future in wait(running, _PATIENCE, FIRST_COMPLETED).done:
                    attempt = running[future]
                    record = _collect(future, attempt, job)
                    if record is None:
                        del running[future]
                        attempt.number += 1
                        running[executor.submit(attempt.task)] = attempt
                        continue
                    clock.learn(monotonic() - attempt.started)
                    store.append(record)
                    del running[future]
                    result.done += 1
                    result.statuses[record.status] = result.statuses.get(record.status, 0) + 1
                    progress(record)
            finished = True
        finally:
            with _handlers(SIG_IGN):  # a second Ctrl-C does not break off the cleaning up
                executor.close(now=not finished)
                for future in running:  # runs that ended while the interrupt came
                    if future.done() and not future.cancelled() and future.exception() is None:
                        store.append(future.result())
                store.publish()
    return result


@dataclass
class _Attempt:
    task: Task
    started: float  # on the monotonic clock
    number: int = 1


def _collect(future: Future[Record], attempt: _Attempt, job: Job) -> Record | None:
    """The run that a future brought; None if it is to be tried again."""
    try:
        return future.result()
    except WorkerDied as error:
        if attempt.number < _ATTEMPTS:
            return None
        reason = f"{error}, {attempt.number} times"
    arch, seed = attempt.task.arch.index, attempt.task.seed
    origin = provenance(job.proxy, processor_name(), job.threads)
    return Record(arch=arch, proxy=job.proxy.name, seed=seed, status="failed", reason=reason, **origin)


class _Budget:
    """Whether there is time for another run."""

    def __init__(self, seconds: float | None) -> None:
        self._deadline = None if seconds is None else monotonic() + seconds
        self._longest = 0.0

    def learn(self, seconds: float) -> None:
        self._longest = max(self._longest, seconds)

    def allows_another(self) -> bool:
        return self._deadline is None or monotonic() + self._longest < self._deadline


@contextmanager
def _handlers(handler: Callable[[int, FrameType | None], None] | int) -> Iterator[None]:
    if current_thread() is not main_thread():
        yield
        return
    before = {number: getsignal(number) for number in (SIGINT, SIGTERM)}
    for number in before:
        signal(number, handler)
    try:
        yield
    finally:
        for number, old in before.items():
            signal(number, old)
