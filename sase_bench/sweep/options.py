"""The options of a training, declared once for every command that trains: workers, data, device, executor.

>>> from argparse import ArgumentParser
>>> parser = ArgumentParser()
>>> add_training_options(parser)
>>> options = parser.parse_args(["--workers", "2", "--executor", "inline"])
>>> check_training_options(options)
>>> options.executor, options.device, options.download
('inline', 'auto', False)
"""

from __future__ import annotations

import argparse
from pathlib import Path

from sase_bench import cli
from sase_bench.errors import RequestError
from sase_bench.recipes.folder import VARIABLE
from sase_bench.sweep.executors import EXECUTORS

__all__ = ["add_training_options", "check_training_options"]

_WORKERS = "blocks at once (default: one for each usable processor, on a GPU 2; inline 1, on a GPU 8)"
_OF_RAY = ("address", "cpus_per_run", "gpus_per_run")


def add_training_options(parser: argparse._ActionsContainer, *, workers: str = _WORKERS) -> None:
    """Declare them; `workers` is what `--workers` means, where it is not only the blocks trained at once."""
    parser.add_argument("--workers", type=int, metavar="N", help=workers)
    parser.add_argument("--data", type=Path, metavar="DIR", help=f"folder of torchvision data sets (default: {VARIABLE})")
    parser.add_argument("--download", action="store_true", help="fetch a missing data set into --data")
    cli.add_device_option(parser)
    choice = "who trains: worker processes (local), this process (inline), the nodes of a cluster (ray)"
    parser.add_argument("--executor", choices=tuple(EXECUTORS), default=next(iter(EXECUTORS)), help=choice)
    address = "ray: HOST:PORT of the cluster, auto = the one this machine is in, local = a new one here (default: auto)"
    parser.add_argument("--address", help=address)
    cpus = "ray: processors that the runs trained together reserve, 0.5 = two such tasks to a processor (default: 1)"
    parser.add_argument("--cpus-per-run", type=float, metavar="X", help=cpus)
    gpus = "ray: GPUs that they reserve, 0.25 = four to a GPU (default: 0, with --device cuda 1)"
    parser.add_argument("--gpus-per-run", type=float, metavar="X", help=gpus)


def check_training_options(options: argparse.Namespace) -> None:
    """Raises `RequestError` for no worker at all, and for an option of Ray where Ray is not used."""
    if options.workers is not None and options.workers < 1:
        raise RequestError(f"--workers is at least 1, got {options.workers}")
    given = [f"--{name.replace('_', '-')}" for name in _OF_RAY if getattr(options, name) is not None]
    if given and options.executor != "ray":
        raise RequestError(f"{', '.join(given)} goes with --executor ray, got --executor {options.executor}")
