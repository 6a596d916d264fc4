"""`python -m sase_bench.sweep` with runs that are made up, so that a hundred of its processes can be killed within minutes.

Everything but the training is the program's own: the driver, the worker processes, the journal and the table. The variable
SASE_BENCH_PRETEND holds what goes wrong with which block as JSON, `{"5": "hang"}`, and under `seconds` how long a run takes.
This file is imported by the workers too, as multiprocessing imports the main program.
"""

import json
import os
import random
import resource
import signal
import sys
import time
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from sase_bench.record import Record
from sase_bench.sweep import executor
from tests.records import made_up

TOLD = json.loads(os.environ.get("SASE_BENCH_PRETEND", "{}"))
LONGEST = TOLD.get("seconds", 0.05)
REAL = (executor.train, executor.read_data)


def pretend(job: executor.Job, task: executor.Task, data: Any) -> list[Record]:
    fault = TOLD.get(str(task.arch.index))
    if fault is not None:
        return FAULTS[fault](job, task)
    started = datetime.now(UTC).isoformat()
    time.sleep(random.uniform(0, LONGEST))
    return [made_up(task.arch.index, seed, started_at=started, train_seconds=random.random()) for seed in task.seeds]


def hang(job: executor.Job, task: executor.Task) -> list[Record]:
    """One call into C that keeps the interpreter for itself."""
    sum(range(10**18))
    raise AssertionError


def crash(job: executor.Job, task: executor.Task) -> list[Record]:
    import ctypes

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.string_at(0)
    raise AssertionError


def be_taken(job: executor.Job, task: executor.Task) -> list[Record]:
    """As the kernel's out-of-memory killer does it."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def diverge(job: executor.Job, task: executor.Task) -> list[Record]:
    """The real training on images that are not numbers."""
    data = REAL[1](job)
    broken = SimpleNamespace(train=type(data.train)(data.train.x * float("nan"), data.train.y), val=data.val, test=data.test)
    return REAL[0](job, task, broken)  # type: ignore[arg-type]


def run_out(job: executor.Job, task: executor.Task) -> list[Record]:
    """The real training where the system gives no more memory."""
    import torch

    from sase_bench.proxies import measurement

    data, before = REAL[1](job), resource.getrlimit(resource.RLIMIT_AS)
    ballast = []

    def starved(*args: Any) -> Any:
        with open("/proc/self/statm") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + (64 << 20), before[1]))
        while True:
            ballast.append(torch.ones(1 << 20))

    measurement.network_of = starved  # type: ignore[assignment]
    try:
        return REAL[0](job, task, data)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


FAULTS = {"hang": hang, "crash": crash, "be taken": be_taken, "diverge": diverge, "run out": run_out}

if __name__ in ("__main__", "__mp_main__"):  # the driver and its workers, and not a test session that only collects this file
    executor.train = pretend
    executor.read_data = lambda job: None  # type: ignore[assignment, return-value]

if __name__ == "__main__":
    from sase_bench.sweep.__main__ import main

    sys.exit(main())
