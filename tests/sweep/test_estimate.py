"""The estimate of a dry run."""

from dataclasses import replace

import pytest

from sase_bench.record import EpochRecord, Record
from sase_bench.space import Space
from sase_bench.sweep import estimate as module
from sase_bench.sweep.estimate import estimate
from sase_bench.sweep.executor import Job, Task, perform
from sase_bench.sweep.plan import tasks_of
from tests.records import DIGITS, made_up, unfinished

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


@pytest.mark.parametrize("start", [0.0, 10.0])
def test_what_only_the_first_epoch_takes_counts_once(start: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of a second a step of six, a hundredth an image; graphs are captured in the first epoch of every run."""

    def timed(job: Job, task: Task) -> list[Record]:
        epochs, val = job.proxy.epochs, job.proxy.val_size / 100
        curve = tuple(
            EpochRecord(epoch=i, train_loss=1.0, val_loss=1.0, val_top1=0.5, seconds=0.6 + val + start * (i == 1))
            for i in range(1, epochs + 1)
        )
        took = {"train_seconds": start + 0.6 * epochs, "eval_seconds": val * epochs + job.proxy.test_size / 100}
        return [replace(made_up(task.arch.index), curve=curve, **took)]

    monkeypatch.setattr(module, "perform", timed)
    whole = start + 12 * (0.6 + 0.6) + 0.4
    assert estimate(JOB, tasks_of(Space("tied")[:3], [0])).seconds == pytest.approx(whole)


def test_a_block_that_fails_at_once_takes_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = replace(unfinished(0, status="failed"), train_seconds=None, eval_seconds=None)
    monkeypatch.setattr(module, "perform", lambda job, task: [broken])
    assert estimate(JOB, tasks_of(Space("tied")[:1], [0])).seconds == 0
