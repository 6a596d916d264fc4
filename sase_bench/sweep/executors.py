"""The executors by name, and the choice among them by the options of `sase_bench.sweep.options`."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from sase_bench.machine.processor import usable_cpus
from sase_bench.sweep.executor import Executor, Job
from sase_bench.sweep.inline import InlineExecutor
from sase_bench.sweep.local import LocalExecutor, uses_gpu

__all__ = ["EXECUTORS", "at_once", "executor_of"]


def _on_ray(job: Job, options: argparse.Namespace) -> Executor:
    from sase_bench.sweep.ray import RayExecutor, Share

    cpus, gpus = options.cpus_per_run, options.gpus_per_run
    if gpus is None:
        gpus = float(job.device == "cuda")
    share = Share(gpus=gpus) if cpus is None else Share(cpus=cpus, gpus=gpus)
    return RayExecutor(job, options.workers, address=options.address or "auto", share=share)


#: Name → what makes the executor of a job from a command's options; the first one is the default.
EXECUTORS: dict[str, Callable[[Job, argparse.Namespace], Executor]] = {
    "local": lambda job, options: LocalExecutor(job, options.workers),
    "inline": lambda job, options: InlineExecutor(job, options.workers),
    "ray": _on_ray,
}


def executor_of(options: argparse.Namespace, job: Job) -> Executor:
    """The executor that the options choose. Raises `RequestError` where it cannot be had."""
    return EXECUTORS[options.executor](job, options)


def at_once(options: argparse.Namespace) -> int | None:
    """How many tasks the executor that the options choose trains side by side; None where nobody knows beforehand."""
    if options.executor == "ray":
        return options.workers  # type: ignore[no-any-return]
    if uses_gpu(options.device):  # tasks share it: eight at once do not take an eighth of the time
        return 1
    return options.workers or (1 if options.executor == "inline" else usable_cpus())
