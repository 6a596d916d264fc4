"""Threads of one process: the same runs as alone, each with its share of the time."""

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from sase_bench.backbones.cifar import CifarResNet
from sase_bench.database.shard_writer import ShardWriter
from sase_bench.errors import RequestError
from sase_bench.proxies import measurement
from sase_bench.proxies.measurement import measure, measure_seeds, network_of
from sase_bench.record import EpochRecord
from sase_bench.space import SASE_BLOCK, Architecture, Space
from sase_bench.sweep import inline
from sase_bench.sweep.driver import sweep
from sase_bench.sweep.executor import Job, Task, WorkerDied
from sase_bench.sweep.inline import InlineExecutor
from tests.noting import Noted
from tests.records import DIGITS, made_up

SHORT = replace(DIGITS, epochs=2, train_size=150, val_size=60, test_size=40)
JOB = Job(proxy=SHORT, device="cpu")
BLOCKS = [SASE_BLOCK, *Space("full").sample(3, seed=0)]


def test_blocks_that_are_trained_at_once_are_trained_as_alone() -> None:
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    torch.set_num_threads(2)
    executor = InlineExecutor(JOB, 4)
    assert executor.capacity == 4
    together = [future.result() for future in [executor.submit(Task(arch, (0, 1))) for arch in BLOCKS]]
    executor.close(now=False)
    assert torch.get_num_threads() == 2
    torch.set_num_threads(threads)
    for arch, records in zip(BLOCKS, together, strict=True):
        for record, alone in zip(records, measure_seeds(arch, SHORT, [0, 1]), strict=True):
            assert record.agrees(alone)
            assert record.peak_memory is None  # it was of all four
    torch.testing.assert_close(torch.get_rng_state(), state)


def test_threads_share_one_precision_until_all_have_ended(monkeypatch: pytest.MonkeyPatch, noted: Noted) -> None:
    inside, context = noted
    monkeypatch.setattr("sase_bench.machine.processor.full_precision", context)
    executor = InlineExecutor(JOB, 2)
    assert inside == ["cpu"]
    executor.close(now=False)
    assert inside == []


def test_one_block_at_once_has_all_of_the_time_and_of_the_memory() -> None:
    executor = InlineExecutor(JOB)
    assert executor.capacity == 1
    (record,) = executor.submit(Task(SASE_BLOCK, (0,))).result()
    executor.close(now=False)
    assert record.agrees(measure(SASE_BLOCK, SHORT, 0))
    assert record.peak_memory is not None


def test_time_is_shared_by_those_who_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 4.0, 10.0, 12.0])
    monkeypatch.setattr(inline, "perf_counter", lambda: next(clock))
    shares = inline._Shares()
    first, second = shares.enter(), shares.enter()
    first_had, second_had = shares.leave() - first, shares.leave() - second
    assert (first_had, second_had) == (4 + 6 / 2, 6 / 2 + 2)


def test_each_has_its_share_of_the_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    barrier = threading.Barrier(4)

    def train(job: Job, task: Task, data: object, **options: object) -> list[object]:
        barrier.wait(10)
        start = time.perf_counter()
        barrier.wait(10)
        time.sleep(0.2)
        barrier.wait(10)
        passed = time.perf_counter() - start
        point = EpochRecord(epoch=1, train_loss=1.0, val_loss=1.0, val_top1=0.5, seconds=passed)
        return [replace(made_up(task.arch.index), train_seconds=passed, eval_seconds=None, curve=(point,))]

    monkeypatch.setattr(inline, "train", train)
    executor = InlineExecutor(JOB, 4)
    records = [future.result(30)[0] for future in [executor.submit(Task(arch, (0,))) for arch in BLOCKS]]
    executor.close(now=False)
    for record in records:
        assert 0.04 < (record.train_seconds or 0) < 0.15  # a quarter of 0.2 s and a little
        assert record.curve[0].seconds == record.train_seconds
        assert record.eval_seconds is None


def test_to_close_at_once_is_to_wait_for_the_epochs_under_way() -> None:
    executor = InlineExecutor(Job(proxy=replace(SHORT, epochs=10_000), device="cpu"), 2)
    futures = [executor.submit(Task(arch, (0,))) for arch in BLOCKS]
    while not all(future.running() for future in futures[:2]):
        time.sleep(0.01)
    executor.close(now=True)
    for future in futures[:2]:
        with pytest.raises(WorkerDied, match="the sweep was stopped"):
            future.result(timeout=0)
    assert all(future.cancelled() for future in futures[2:])


def test_a_device_that_is_not_there_is_said_at_once() -> None:
    with pytest.raises(RequestError, match="a device is auto, cpu or cuda, got 'tpu'"):
        InlineExecutor(Job(proxy=SHORT, device="tpu"))


def test_a_device_that_breaks_down_ends_the_sweep_and_leaves_its_runs_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CUDA answers whatever follows such an error with it: every later run of the process would be a row that failed."""
    done = threading.Event()

    def trained(arch: Architecture, *arguments: object, **options: object) -> CifarResNet:
        if arch != BLOCKS[0]:
            done.wait(60)
            raise torch.AcceleratorError("CUDA error: an illegal memory access was encountered")
        return network_of(arch, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(measurement, "network_of", trained)
    with ShardWriter(tmp_path / "shelf", [SHORT]) as store:
        told = r"^this process can compute no more on .* \(AcceleratorError: CUDA error: an illegal memory access was enc"
        with pytest.raises(RequestError, match=told):
            sweep(store, InlineExecutor(JOB, 2), JOB, [Task(arch, (0,)) for arch in BLOCKS], progress=lambda run: done.set())
        assert [(arch.index, "digits", 0) in store for arch in BLOCKS] == [True, False, False, False]


@pytest.mark.gpu
def test_blocks_on_streams_of_a_gpu_are_trained_as_alone() -> None:
    blocks, job = Space("full").sample(16, seed=1), Job(proxy=SHORT, device="cuda")
    executor = InlineExecutor(job)
    together = [future.result() for future in [executor.submit(Task(arch, (0, 1))) for arch in blocks]]
    executor.close(now=False)
    for arch, records in zip(blocks, together, strict=True):
        for record, alone in zip(records, measure_seeds(arch, SHORT, [0, 1], "cuda"), strict=True):
            assert (record.status, record.path) == (alone.status, "graph")
            assert record.val_loss == pytest.approx(alone.val_loss, rel=0.02)
