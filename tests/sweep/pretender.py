"""An executor that trains nothing."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future

from sase_bench.record import Record
from sase_bench.space import Space
from sase_bench.sweep.executor import Job, Task
from sase_bench.sweep.plan import tasks_of
from tests.records import DIGITS, made_up

JOB = Job(proxy=DIGITS)
TASKS = tasks_of(Space("tied")[:5], [0, 1])


class Pretender:
    """An executor whose runs are made up, at once; `outcome` may raise instead."""

    def __init__(self, outcome: Callable[[Task, int], list[Record]]) -> None:
        self.outcome = outcome
        self.capacity = 3
        self.tries: Counter[Task] = Counter()
        self.closed: list[bool] = []

    def submit(self, task: Task) -> Future[list[Record]]:
        self.tries[task] += 1
        future: Future[list[Record]] = Future()
        try:
            future.set_result(self.outcome(task, self.tries[task]))
        except Exception as error:
            future.set_exception(error)
        return future

    def close(self, *, now: bool) -> None:
        self.closed.append(now)


def done(task: Task, attempt: int) -> list[Record]:
    return [made_up(task.arch.index, seed) for seed in task.seeds]
