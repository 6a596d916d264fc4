"""The processor or GPU that computes, and how much of it."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sase_bench.errors import RequestError

if TYPE_CHECKING:
    import torch

__all__ = [
    "device_name",
    "full_precision",
    "is_lost",
    "limit_threads",
    "processor_name",
    "resolve_device",
    "usable_cpus",
]


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
    """The model name of the GPU behind `device`, or of the processor and what it can: `AMD EPYC (family 25, model 1, AVX2)`.

    Rounding goes by the instructions that torch picks on a processor, and virtual machines leave them out of its name.
    """
    from torch import backends, cuda

    if device.type == "cuda":
        return cuda.get_device_name(device)
    kernel = _kernel_says()
    told = [f"{name} {kernel[key]}" for name, key in (("family", "cpu family"), ("model", "model")) if key in kernel]
    return f"{processor_name()} ({', '.join([*told, backends.cpu.get_cpu_capability()])})"


def processor_name() -> str:
    """The model name of the CPU, as the kernel tells it."""
    return _kernel_says().get("model name") or platform.processor() or platform.machine()


@cache
def _kernel_says() -> dict[str, str]:
    """What Linux says of the first processor; nothing elsewhere."""
    found: dict[str, str] = {}
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            name, _, value = line.partition(":")
            if not name.strip():
                break
            found[name.strip()] = value.strip()
    return found


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


def is_lost(device: torch.device, error: Exception) -> bool:
    """Whether `error` says that this process can compute no more on `device`: CUDA answers whatever follows with it.

    Too little memory is no such error. One of the libraries on top of CUDA may be, or not: then the device is asked.
    """
    import torch

    if not isinstance(error, RuntimeError) or isinstance(error, torch.OutOfMemoryError):
        return False
    if isinstance(error, getattr(torch, "AcceleratorError", ())):  # since torch 2.8
        return True
    if device.type == "cuda":
        try:
            torch.cuda.current_stream(device).synchronize()  # not all streams: another thread may be capturing one
        except RuntimeError:
            return True
    return False


@contextmanager
def full_precision(device: torch.device) -> Iterator[None]:
    """Lets a GPU multiply in float32 inside the context, as a CPU does; with a CPU nothing is changed.

    By default torch's convolutions are in TF32, which has 10 of the 23 bits of a float32's fraction.
    """
    if device.type != "cuda":
        yield
        return
    from torch import backends

    setting: tuple[str, Any] = ("allow_tf32", False)
    places: tuple[Any, ...] = (backends.cudnn, backends.cuda.matmul)
    if hasattr(backends.cudnn, "conv"):  # since torch 2.9, which refuses to read the older setting where it says too little
        setting, places = ("fp32_precision", "ieee"), (backends.cudnn.conv, backends.cuda.matmul)
    name, full = setting
    before = [getattr(place, name) for place in places]
    try:
        for place in places:
            setattr(place, name, full)
        yield
    finally:
        for place, was in zip(places, before, strict=True):
            setattr(place, name, was)


def usable_cpus() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0))
