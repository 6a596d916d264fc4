"""The loop of a sweep: hand out tasks, write what comes back, stop cleanly.

The driver is the only writer of the table, and a run is on disk before its worker gets another. Whatever ends
a sweep, starting it again goes on with the runs that are missing.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Container, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from queue import Empty, SimpleQueue
from signal import SIG_IGN
from time import monotonic
from types import FrameType
from typing import Protocol

from sase_bench.cli import signals_to
from sase_bench.machine.provenance import provenance, utc_now
from sase_bench.record import Key, Record
from sase_bench.sweep.executor import Executor, Job, NodeLost, Task, TookTooLong, WorkerDied

__all__ = ["Progress", "Result", "Sink", "missing", "sweep"]

#: Called with each run as it is written.
Progress = Callable[[Record], None]

_PATIENCE = 0.2  # seconds until an interrupt is noticed
#: Attempts of a task by what ends them. A run may well kill its worker; nodes are taken away, and no run does that.
_ATTEMPTS: dict[type[WorkerDied], int] = {WorkerDied: 2, NodeLost: 10, TookTooLong: 1}


class Sink(Protocol):
    """Where runs go: a table (`Store`) or a folder of shards (`ShardWriter`)."""

    @property
    def recovered(self) -> int:
        """Finished runs that an interrupted sweep had left in the journal."""
        ...

    @property
    def damaged(self) -> int:
        """Lines of the journal that could not be read."""
        ...

    @property
    def failed(self) -> frozenset[Key]:
        """The runs that failed: another result is taken in their place."""
        ...

    def __contains__(self, key: Key) -> bool:
        """Whether the run (arch, proxy, seed) is there."""
        ...

    def append(self, record: Record) -> bool:
        """Take a run; it is on disk when this returns."""
        ...

    def publish(self) -> None:
        """Let others see what was taken."""
        ...


@dataclass
class Result:
    """What a sweep did."""

    planned: int
    before: int  # runs of the plan that were in the table already
    done: int = 0  # runs that this sweep added
    statuses: dict[str, int] = field(default_factory=dict)  # of those
    ended_by: str = ""  # "" = everything done; else "budget"
    longest: float = 0.0  # seconds that a task took at most, by the clock

    @property
    def left(self) -> int:
        """Runs of the plan that are still missing."""
        return self.planned - self.before - self.done


def sweep(
    store: Sink,
    executor: Executor,
    job: Job,
    tasks: Sequence[Task],
    *,
    budget: float | None = None,
    longest: float = 0.0,
    progress: Progress = lambda record: None,
    more: Callable[[], Sequence[Task]] = tuple,
    again: Container[Key] = (),
) -> Result:
    """Train the runs of `tasks` that are missing in `store`, and those that `more()` gives whenever a worker is idle.

    Those `again` count as missing; of them, `store` takes what supersedes the run that is there.
    With a `budget` in seconds no task is started that would not end within it, going by the longest one so far, and by
    `longest` seconds where that is known from before. On KeyboardInterrupt (Ctrl-C, SIGTERM) workers are stopped, what is
    finished is published, and the exception goes on.
    """
    todo: deque[Task] = deque()
    result = Result(planned=0, before=0, longest=longest)

    def plan(added: Sequence[Task]) -> None:
        left = missing(added, job.proxy.name, store, again)
        count, runs = (sum(len(task.seeds) for task in some) for some in (added, left))
        result.planned += count
        result.before += count - runs
        todo.extend(left)

    plan(tasks)
    deadline = inf if budget is None else monotonic() + budget
    running: dict[Future[list[Record]], _Attempt] = {}
    ended: SimpleQueue[Future[list[Record]]] = SimpleQueue()

    def start(attempt: _Attempt) -> None:
        future = executor.submit(attempt.task)
        running[future] = attempt
        future.add_done_callback(ended.put)

    finished = False
    stop: list[int] = []  # an Event's lock would be taken twice by a signal that interrupts a signal
    # SIGTERM ends a sweep as Ctrl-C does, and neither breaks into a write
    with signals_to(lambda number, frame: stop.append(number)):
        try:
            while True:
                if stop:
                    raise KeyboardInterrupt
                while len(running) < executor.capacity and monotonic() + result.longest < deadline:
                    while not todo and (added := _asked(more, stop)):
                        plan(added)
                    if not todo or monotonic() + result.longest >= deadline:
                        break
                    start(_Attempt(todo.popleft(), monotonic(), utc_now()))
                if not running:
                    result.ended_by = "budget" if todo else ""
                    break
                for future in _all_of(ended):
                    attempt = running[future]
                    records = _collect(future, attempt, job)
                    if records is None:
                        del running[future]
                        start(attempt)
                        continue
                    result.longest = max(result.longest, monotonic() - attempt.started)
                    for record in records:
                        store.append(record)
                    del running[future]
                    for record in records:
                        result.done += 1
                        result.statuses[record.status] = result.statuses.get(record.status, 0) + 1
                        progress(record)
            finished = True
        finally:
            with signals_to(SIG_IGN):  # a second Ctrl-C does not break off the cleaning up
                executor.close(now=not finished)
                for future in running:  # runs that ended while the interrupt came
                    if future.done() and not future.cancelled() and future.exception() is None:
                        for record in future.result():
                            store.append(record)
                store.publish()
    return result


@dataclass
class _Attempt:
    task: Task
    started: float  # on the monotonic clock
    started_at: str
    deaths: Counter[type[WorkerDied]] = field(default_factory=Counter)


def _asked(more: Callable[[], Sequence[Task]], stop: Sequence[int]) -> Sequence[Task]:
    """What `more()` gives. It may take long, and writes nothing: an interrupt, also one in `stop`, breaks into it."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with signals_to(interrupt):
        if stop:
            raise KeyboardInterrupt
        return more()


def _all_of(ended: SimpleQueue[Future[list[Record]]]) -> list[Future[list[Record]]]:
    """Those that have ended, after a short wait for the first; to ask each one under way takes longer the more there are."""
    found: list[Future[list[Record]]] = []
    with suppress(Empty):
        found.append(ended.get(timeout=_PATIENCE))
        while True:
            found.append(ended.get_nowait())
    return found


def missing(tasks: Iterable[Task], proxy: str, there: Container[Key] | Sink, again: Container[Key] = ()) -> list[Task]:
    """What is left of `tasks` without the runs that are there, except those that are to be made again."""

    def is_missing(key: Key) -> bool:
        return key not in there or key in again

    left = ((task.arch, tuple(s for s in task.seeds if is_missing((task.arch.index, proxy, s)))) for task in tasks)
    return [Task(arch, seeds) for arch, seeds in left if seeds]


def _collect(future: Future[list[Record]], attempt: _Attempt, job: Job) -> list[Record] | None:
    """The runs that a future brought; None if they are to be tried again."""
    try:
        return future.result()
    except WorkerDied as error:
        kind = type(error)
        attempt.deaths[kind] += 1
        if attempt.deaths[kind] < _ATTEMPTS[kind]:
            return None
        reason = f"{error}, {attempt.deaths[kind]} times" if _ATTEMPTS[kind] > 1 else str(error)
    origin = provenance(job.proxy, job.device, job.threads) | {"started_at": attempt.started_at}  # which device, is not known
    arch, proxy = attempt.task.arch.index, job.proxy.name
    return [Record(arch=arch, proxy=proxy, seed=s, status="failed", reason=reason, **origin) for s in attempt.task.seeds]
