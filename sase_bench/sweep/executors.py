"""The executors by name, and the options that choose one: declared here for every command that trains."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from sase_bench.errors import RequestError
from sase_bench.sweep.executor import Executor, Job
from sase_bench.sweep.inline import InlineExecutor
from sase_bench.sweep.local import LocalExecutor, usable_cpus

__all__ = ["EXECUTORS", "add_executor_options", "at_once", "check_executor_options", "executor_arguments", "executor_of"]


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

_OF_RAY = ("address", "cpus_per_run", "gpus_per_run")


def add_executor_options(parser: argparse._ActionsContainer) -> None:
    """Declare `--executor` and the options of its kinds; `--workers` is the command's own."""
    choice = "who trains: worker processes (local), this process (inline), the nodes of a cluster (ray)"
    parser.add_argument("--executor", choices=tuple(EXECUTORS), default=next(iter(EXECUTORS)), help=choice)
    address = "ray: HOST:PORT of the cluster, auto = the one this machine is in, local = a new one here (default: auto)"
    parser.add_argument("--address", help=address)
    cpus = "ray: processors that the runs trained together reserve, 0.5 = two such tasks to a processor (default: 1)"
    parser.add_argument("--cpus-per-run", type=float, metavar="X", help=cpus)
    gpus = "ray: GPUs that they reserve, 0.25 = four to a GPU (default: 0, with --device cuda 1)"
    parser.add_argument("--gpus-per-run", type=float, metavar="X", help=gpus)


def check_executor_options(options: argparse.Namespace) -> None:
    """Raises `RequestError` for an option of Ray where Ray is not used."""
    given = [_flag(name) for name in _OF_RAY if getattr(options, name) is not None]
    if given and options.executor != "ray":
        raise RequestError(f"{', '.join(given)} goes with --executor ray, got --executor {options.executor}")


def executor_of(options: argparse.Namespace, job: Job) -> Executor:
    """The executor that the options choose. Raises `RequestError` where it cannot be had."""
    return EXECUTORS[options.executor](job, options)


def at_once(options: argparse.Namespace) -> int | None:
    """How many tasks the executor that the options choose trains side by side; None where nobody knows beforehand."""
    if options.executor == "ray":
        return options.workers  # type: ignore[no-any-return]
    if options.executor == "inline":  # streams of a GPU share it: eight blocks at once do not take an eighth of the time
        return options.workers or 1 if options.device == "cpu" else 1
    return options.workers or usable_cpus()


def executor_arguments(options: argparse.Namespace) -> list[str]:
    """The same options as they are written, for a command that calls another."""
    arguments = ["--executor", options.executor]
    for name in _OF_RAY:
        if getattr(options, name) is not None:
            arguments += [_flag(name), str(getattr(options, name))]
    return arguments


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"
