"""The processor or GPU that computes, and how much of it."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sase_bench.errors import RequestError

if TYPE_CHECKING:
    import torch

__all__ = ["device_name", "limit_threads", "processor_name", "resolve_device", "usable_cpus"]


def resolve_device(name: str) -> torch.device:
    """The device called `auto`, `cpu` or `cuda`; `auto` is the GPU where there is one."""
    import torch

    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name not in ("cpu", "cuda"):  # which GPU is the current one, CUDA_VISIBLE_DEVICES says
        raise RequestError(f"a device is auto, cpu or cuda, got {name!r}")
    if name == "cuda" and not torch.cuda.is_available():
        raise RequestError("there is no CUDA device on this machine; use --device cpu")
    return torch.device(name)


def device_name(device: torch.device) -> str:
    """The model name of the processor or GPU behind `device`."""
    if device.type != "cuda":
        return processor_name()
    from torch import cuda

    return cuda.get_device_name(device)


@cache
def processor_name() -> str:
    """The model name of the CPU, as the kernel tells it."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


@contextmanager
def limit_threads(count: int) -> Iterator[None]:
    """Lets torch compute on `count` threads of the CPU inside the context."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def usable_cpus() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0))
