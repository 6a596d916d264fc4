"""The driver, with an executor that trains nothing: what is handed out, retried, written and left when."""

import pytest

from sase_bench.database import Store
from sase_bench.errors import RequestError
from sase_bench.record import Record
from sase_bench.space import Space
from sase_bench.sweep import driver
from sase_bench.sweep.driver import sweep
from sase_bench.sweep.executor import NodeLost, Task, TookTooLong, WorkerDied
from sase_bench.sweep.plan import tasks_of
from tests.records import made_up
from tests.sweep.pretender import JOB, TASKS, Pretender, done


def test_every_planned_run_is_made_once_and_written(store: Store) -> None:
    executor, seen = Pretender(done), []
    with store:
        result = sweep(store, executor, JOB, TASKS, progress=seen.append)
        assert store.keys == {(task.arch.index, "digits", *task.seeds) for task in TASKS}
    assert (result.planned, result.before, result.done, result.left) == (10, 0, 10, 0)
    assert (result.statuses, result.ended_by) == ({"ok": 10}, "")
    assert set(executor.tries.values()) == {1}
    assert executor.closed == [False]
    assert len(seen) == 10


def test_runs_that_are_there_are_not_made_again(store: Store) -> None:
    with store:
        store.append(made_up(TASKS[3].arch.index, *TASKS[3].seeds))
        executor = Pretender(done)
        result = sweep(store, executor, JOB, TASKS)
        assert (result.before, result.done) == (1, 9)
        assert TASKS[3] not in executor.tries
        again = sweep(store, Pretender(done), JOB, TASKS)
        assert (again.before, again.done, again.left) == (10, 0, 0)


def test_seeds_that_are_trained_together_are_missed_and_fail_one_by_one(store: Store) -> None:
    fused = tasks_of(Space("tied")[:3], [0, 1, 2, 3, 4], together=3)
    first = fused[0].arch.index

    def dies(task: Task, attempt: int) -> list[Record]:
        if task.arch == fused[1].arch:
            raise WorkerDied("the worker process died (signal SIGSEGV)")
        return done(task, attempt)

    with store:
        store.append(made_up(first, 1))
        executor, seen = Pretender(dies), []
        result = sweep(store, executor, JOB, fused, progress=seen.append)
    assert (result.planned, result.before, result.done, result.left) == (15, 1, 14, 0)
    assert result.statuses == {"ok": 9, "failed": 5}
    assert len(seen) == 14
    assert Task(fused[0].arch, (0, 2)) in executor.tries
    assert executor.tries[fused[1]] == 2


def test_a_worker_that_dies_costs_one_retry_of_one_run(store: Store) -> None:
    def dies_once(task: Task, attempt: int) -> list[Record]:
        if task == TASKS[2] and attempt == 1:
            raise WorkerDied("the worker process died (signal SIGKILL)")
        return done(task, attempt)

    executor = Pretender(dies_once)
    with store:
        result = sweep(store, executor, JOB, TASKS)
    assert (result.done, result.statuses) == (10, {"ok": 10})
    assert executor.tries[TASKS[2]] == 2
    assert sum(executor.tries.values()) == 11


def test_a_run_that_kills_every_worker_is_a_result(store: Store) -> None:
    def dies(task: Task, attempt: int) -> list[Record]:
        if task == TASKS[2]:
            raise WorkerDied("the worker process died (signal SIGSEGV)")
        return done(task, attempt)

    with store:
        result = sweep(store, Pretender(dies), JOB, TASKS)
        record = store.find((TASKS[2].arch.index, "digits", *TASKS[2].seeds))
    assert result.statuses == {"ok": 9, "failed": 1}
    assert record is not None
    assert (record.status, record.reason) == ("failed", "the worker process died (signal SIGSEGV), 2 times")
    assert record.device == "auto"  # as it was asked for: nobody has said where the worker was


def test_a_run_that_failed_began_when_it_was_handed_out(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter(f"2026-01-01T00:00:0{second}" for second in range(9))
    monkeypatch.setattr(driver, "utc_now", lambda: next(times))

    def dies(task: Task, attempt: int) -> list[Record]:
        raise WorkerDied("gone")

    with store:
        sweep(store, Pretender(dies), JOB, TASKS[:2])
        found = [store.find((task.arch.index, "digits", *task.seeds)) for task in TASKS[:2]]
    assert [record and record.started_at for record in found] == ["2026-01-01T00:00:00", "2026-01-01T00:00:01"]


def test_nodes_that_are_lost_say_nothing_against_a_run_until_it_was_ten_of_them(store: Store) -> None:
    def loses(task: Task, attempt: int) -> list[Record]:
        if task == TASKS[2] or (task == TASKS[3] and attempt < 9):
            raise NodeLost("the node of the run was lost")
        if task == TASKS[3] and attempt == 9:
            raise WorkerDied("the worker process died (signal SIGKILL)")
        return done(task, attempt)

    executor = Pretender(loses)
    with store:
        result = sweep(store, executor, JOB, TASKS)
        record = store.find((TASKS[2].arch.index, "digits", *TASKS[2].seeds))
    assert result.statuses == {"ok": 9, "failed": 1}
    assert (executor.tries[TASKS[2]], executor.tries[TASKS[3]]) == (10, 10)
    assert record is not None
    assert record.reason == "the node of the run was lost, 10 times"


def test_a_run_that_takes_too_long_is_not_tried_again(store: Store) -> None:
    def hangs(task: Task, attempt: int) -> list[Record]:
        if task == TASKS[2]:
            raise TookTooLong(9)
        return done(task, attempt)

    executor = Pretender(hangs)
    with store:
        assert sweep(store, executor, JOB, TASKS).statuses == {"ok": 9, "failed": 1}
        record = store.find((TASKS[2].arch.index, "digits", *TASKS[2].seeds))
    assert executor.tries[TASKS[2]] == 1
    assert record is not None
    assert record.reason == "the run took longer than the limit of 9 s"


def test_runs_that_failed_are_made_again_where_that_is_asked_for_once(store: Store) -> None:
    def dies(task: Task, attempt: int) -> list[Record]:
        raise WorkerDied("the worker process died (signal SIGSEGV)")

    pair = [Task(TASKS[0].arch, (0, 1))]
    with store:
        store.append(made_up(TASKS[0].arch.index, 1))
        assert sweep(store, Pretender(dies), JOB, TASKS[:2]).statuses == {"failed": 2}
        idle = Pretender(done)
        assert sweep(store, idle, JOB, TASKS[:2]).before == 2
        assert not idle.tries
        still = sweep(store, Pretender(dies), JOB, TASKS[:2], again=store.failed)
        assert (still.planned, still.before, still.done, still.statuses) == (2, 0, 2, {"failed": 2})
        result = sweep(store, executor := Pretender(done), JOB, pair, again=store.failed)
        assert (result.planned, result.before, result.done, result.statuses) == (2, 1, 1, {"ok": 1})
        assert list(executor.tries) == [TASKS[0]]
        assert store.failed == {(TASKS[1].arch.index, "digits", 0)}
        assert store.find((TASKS[0].arch.index, "digits", 0)) == made_up(TASKS[0].arch.index)


def test_a_job_that_cannot_be_done_ends_the_sweep_and_keeps_what_there_is(store: Store) -> None:
    def refuses(task: Task, attempt: int) -> list[Record]:
        if task == TASKS[6]:
            raise RequestError("there is no CUDA device on this machine; use --device cpu")
        return done(task, attempt)

    executor = Pretender(refuses)
    with store:
        with pytest.raises(RequestError, match="no CUDA device"):
            sweep(store, executor, JOB, TASKS)
        assert 0 < len(store.keys) < 10
    assert executor.closed == [True]


def test_a_budget_ends_a_sweep_before_a_run_that_would_not_end_in_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(driver, "monotonic", lambda: clock[0])

    def takes_ten_seconds(task: Task, attempt: int) -> list[Record]:
        clock[0] += 10
        return done(task, attempt)

    executor = Pretender(takes_ten_seconds)
    executor.capacity = 1
    with store:
        result = sweep(store, executor, JOB, TASKS, budget=35)
        assert (result.ended_by, result.done, result.left) == ("budget", 3, 7)
        assert executor.closed == [False]
        assert result.longest == 10
        later = sweep(store, executor, JOB, TASKS, budget=9, longest=result.longest)
        assert (later.ended_by, later.done) == ("budget", 0)
        assert sweep(store, Pretender(done), JOB, TASKS).left == 0


def test_what_was_asked_for_too_late_is_not_begun(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(driver, "monotonic", lambda: clock[0])

    def more() -> list[Task]:
        clock[0] += 40
        return TASKS

    executor = Pretender(done)
    with store:
        result = sweep(store, executor, JOB, (), budget=35, more=more)
    assert (result.ended_by, result.done, result.left) == ("budget", 0, 10)
    assert not executor.tries
