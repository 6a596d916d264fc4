"""The estimate of a dry run."""

from dataclasses import replace

import pytest

from sase_bench.record import Record
from sase_bench.space import Space
from sase_bench.sweep import estimate as module
from sase_bench.sweep.estimate import estimate
from sase_bench.sweep.executor import Job, Task, perform
from sase_bench.sweep.plan import tasks_of
from tests.records import DIGITS

JOB = Job(proxy=replace(DIGITS, train_size=300, val_size=60, test_size=40), device="cpu")


@pytest.mark.parametrize(("count", "timed"), [(1, [0]), (2, [0, 1]), (3, [0, 1, 2]), (30, [0, 10, 20])])
def test_blocks_from_all_over_the_plan_are_timed_once(count: int, timed: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    tasks, seen = tasks_of(Space("tied")[:30], [0])[:count], []

    def watched(job: Job, task: Task) -> list[Record]:
        seen.append((task.arch.index, job.proxy.val_size))
        return perform(job, task)

    monkeypatch.setattr(module, "perform", watched)
    found = estimate(JOB, tasks)
    assert seen == [(tasks[0].arch.index, 1), *((tasks[place].arch.index, 60) for place in timed)]
    assert found.blocks == len(timed)
    assert 0 < found.seconds < 60
