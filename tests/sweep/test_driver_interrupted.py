"""The driver under Ctrl-C and other signals, with an executor that trains nothing."""

import os
import signal
import time

import pytest

from sase_bench.database import Store
from sase_bench.record import Record
from sase_bench.sweep.driver import sweep
from sase_bench.sweep.executor import Task
from tests.records import made_up
from tests.sweep.pretender import JOB, TASKS, Pretender, done


def test_an_interrupt_keeps_what_is_finished_and_stops_the_workers(store: Store) -> None:
    executor = Pretender(done)

    def interrupt(record: Record) -> None:
        if len(store.keys) == 4:
            raise KeyboardInterrupt

    with store:
        with pytest.raises(KeyboardInterrupt):
            sweep(store, executor, JOB, TASKS, progress=interrupt)
        assert len(store.keys) == 6  # four that were written, and the two of the second three that had ended too
        assert store.waiting == 0
    assert executor.closed == [True]


def test_an_interrupt_in_the_middle_of_writing_loses_no_finished_run(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    append, executor = store.append, Pretender(done)
    executor.capacity = 10  # all runs have ended when the second one is written

    def interrupted(record: Record) -> bool:
        if len(store.keys) == 1 and not executor.closed:
            raise KeyboardInterrupt
        return append(record)

    monkeypatch.setattr(store, "append", interrupted)
    with store, pytest.raises(KeyboardInterrupt):
        sweep(store, executor, JOB, TASKS)
    assert len(store.keys) == 10


def test_a_signal_does_not_break_into_a_write(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    append, executor = store.append, Pretender(done)
    executor.capacity = 1

    def signalled(record: Record) -> bool:
        os.kill(os.getpid(), signal.SIGINT)
        return append(record)

    monkeypatch.setattr(store, "append", signalled)
    with store, pytest.raises(KeyboardInterrupt):
        sweep(store, executor, JOB, TASKS)
    assert store.keys == {made_up(TASKS[0].arch.index, *TASKS[0].seeds).key}
    assert executor.closed == [True]


def test_an_interrupt_breaks_into_the_asking_for_more(store: Store) -> None:
    """A search may train for an hour before it asks for a block."""
    executor, asked = Pretender(done), 0

    def more() -> list[Task]:
        nonlocal asked
        asked += 1
        if asked == 1:
            return TASKS[:1]
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)
        return []

    start = time.monotonic()
    with store, pytest.raises(KeyboardInterrupt):
        sweep(store, executor, JOB, (), more=more)
    assert time.monotonic() - start < 30
    assert store.keys == {made_up(TASKS[0].arch.index, *TASKS[0].seeds).key}
    assert executor.closed == [True]


def test_an_interrupt_before_the_asking_for_more_is_not_forgotten(store: Store) -> None:
    def signalled(task: Task, attempt: int) -> list[Record]:
        os.kill(os.getpid(), signal.SIGINT)
        return done(task, attempt)

    asked: list[Task] = []
    with store, pytest.raises(KeyboardInterrupt):
        sweep(store, Pretender(signalled), JOB, TASKS[:1], more=lambda: asked)
    assert len(store.keys) == 1


def test_a_signal_may_interrupt_another(store: Store) -> None:
    """A storm of signals once met the lock of an Event from within."""
    executor, storms = Pretender(done), 0

    def storm(record: Record) -> None:
        nonlocal storms
        handler = signal.getsignal(signal.SIGTERM)
        assert callable(handler)
        code = [name for name in handler.__code__.co_names if name in ("set", "acquire")]  # type: ignore[attr-defined]
        assert code == []  # nothing that takes a lock
        storms += 1
        os.kill(os.getpid(), signal.SIGTERM)

    with store, pytest.raises(KeyboardInterrupt):
        sweep(store, executor, JOB, TASKS, progress=storm)
    assert storms


def test_an_interrupt_behind_a_publication_does_no_harm(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with store:
        store._cost = 1e9  # however slow the machine is, the run waits to be published
        store.append(made_up(1))
        with monkeypatch.context() as patch:
            patch.setattr(store._journal, "clear", interrupt)
            with pytest.raises(KeyboardInterrupt):
                store.publish()
        store._pending.append(made_up(1))
        store.publish()
        assert store.find((1, "digits", 0)) == made_up(1)
