"""From entries to runs in a table or on a shelf: what the sweep does, for every command that trains whole plans."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from time import monotonic

from sase_bench.recipes.folder import find_folder
from sase_bench.recipes.recipe import Proxy
from sase_bench.sweep.driver import Result, Sink, missing, sweep
from sase_bench.sweep.entries import Entry
from sase_bench.sweep.executor import Job, Task, check_training
from sase_bench.sweep.executors import executor_of
from sase_bench.sweep.plan import tasks_of
from sase_bench.sweep.progress import ProgressBar
from sase_bench.sweep.target import Target

__all__ = ["TOGETHER", "Work", "fill", "job_of", "say_recovered", "work_of"]

#: Seeds of a block that are trained together at most, unless told otherwise.
TOGETHER = 8

#: An entry as the executor takes it.
Work = tuple[Job, list[Task]]


def work_of(
    entries: Sequence[Entry], options: argparse.Namespace, *, together: int = TOGETHER, limit: float | None = None
) -> list[Work]:
    """The jobs of `entries` under the options of `add_training_options`; `limit` is in seconds for a run.

    Raises `RequestError` where the extra `train`, a device or the folder of a data set is not there.
    """
    return [(job_of(entry.proxy, options, limit), tasks_of(entry.blocks, entry.seeds, together)) for entry in entries]


def job_of(proxy: Proxy, options: argparse.Namespace, limit: float | None = None) -> Job:
    """The job of training on `proxy` under the options of `add_training_options`, refused as `work_of` refuses it."""
    check_training()
    if options.device == "cuda" and options.executor != "ray":  # on a cluster the nodes have it, or have not
        from sase_bench.machine.processor import resolve_device

        resolve_device(options.device)
    find_folder(proxy.dataset, options.data, download=options.download)
    return Job(proxy=proxy, folder=options.data, download=options.download, device=options.device, limit=limit)


def say_recovered(sink: Sink, say: Callable[[str], None]) -> None:
    """Tell of what an interrupted sweep had left in the journal."""
    if sink.recovered:
        say(f"took {sink.recovered} finished runs from the journal of an interrupted sweep")
    if sink.damaged:
        say(f"left out {sink.damaged} damaged lines of the journal; they are kept beside it, in *.journal.damaged")


def fill(
    work: Sequence[Work],
    target: Target,
    options: argparse.Namespace,
    say: Callable[[str], None],
    *,
    budget: float | None = None,
    again: bool = False,
) -> None:
    """Train what is missing of every entry in turn, until `budget` seconds are used up; with `again` also what failed.

    A line of stdout tells what came of an entry; `say` is told of interrupts, this one and those of sweeps before.
    """
    with target.open({job.proxy.name: job.proxy for job, _ in work}.values()) as sink:
        say_recovered(sink, say)
        end = None if budget is None else monotonic() + budget
        failed = set(sink.failed) if again else set()
        longest: dict[str, float] = {}  # seconds of a task, by proxy
        for job, tasks in work:
            planned = sum(len(task.seeds) for task in tasks)
            before = planned - sum(len(task.seeds) for task in missing(tasks, job.proxy.name, sink, failed))
            if before == planned and len(work) > 1:
                continue
            executor = executor_of(options, job)
            with ProgressBar(total=planned, before=before, name=job.proxy.name) as bar:
                try:
                    left = None if end is None else end - monotonic()
                    known = longest.get(job.proxy.name, 0.0)
                    result = sweep(sink, executor, job, tasks, budget=left, longest=known, progress=bar, again=failed)
                except KeyboardInterrupt:
                    bar.close()
                    say(f"stopped; {bar.done} runs of this sweep are in {target.path}; the same command goes on")
                    raise
            longest[job.proxy.name] = result.longest
            _report(result, target)
            if result.ended_by:
                return
            failed.difference_update((task.arch.index, job.proxy.name, seed) for task in tasks for seed in task.seeds)


def _report(result: Result, target: Target) -> None:
    counts = ", ".join(f"{count} {status}" for status, count in sorted(result.statuses.items())) or "nothing to do"
    print(f"{target.path}: {result.before + result.done} of {result.planned} planned runs ({counts} in this sweep)")
    if result.ended_by:
        print(f"the {result.ended_by} is used up, {result.left} runs are left; the same command goes on")
