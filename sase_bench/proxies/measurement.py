"""`measure`: one architecture, one proxy, one seed → one `Record` with the whole learning curve and where it came from."""

from __future__ import annotations

import math
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import perf_counter
from typing import Any

import torch

from sase_bench.backbones.attention import attention_builder
from sase_bench.backbones.cifar import CifarResNet
from sase_bench.errors import RequestError
from sase_bench.proxies.datasets import ProxyData, load
from sase_bench.proxies.initialisation import initialise
from sase_bench.proxies.provenance import processor_name, provenance
from sase_bench.proxies.recipe import Proxy
from sase_bench.proxies.registry import find
from sase_bench.proxies.training import evaluate, train
from sase_bench.record import EpochRecord, Record
from sase_bench.space import Architecture

__all__ = ["device_name", "limit_threads", "measure", "network_of", "resolve_device"]


def measure(
    arch: Architecture | str,
    proxy: Proxy | str = "digits",
    seed: int = 0,
    device: str = "cpu",
    *,
    data: ProxyData | None = None,
    folder: Path | None = None,
    threads: int = 1,
    on_epoch: Callable[[EpochRecord], None] = lambda point: None,
) -> Record:
    """Train `arch` on `proxy` with `seed` and score it on validation and test images.

    A loss that is not finite ends the run with status `diverged`, an error with status `failed`; both are results, with the
    reason and the curve so far. On the CPU the same call gives the same bits. `data` are the proxy's images on `device` when
    they are at hand, else they are read from `folder`. `on_epoch` sees each point of the curve as it comes.
    Raises `RequestError` for an unknown name, a missing data set or a missing device.
    """
    arch = Architecture.parse(arch) if isinstance(arch, str) else arch
    proxy = find(proxy) if isinstance(proxy, str) else proxy
    where = resolve_device(device)
    data = data or load(proxy, folder).to(where)
    curve: list[EpochRecord] = []
    outcome: dict[str, Any] = {"status": "ok", "reason": None}
    origin = provenance(proxy, device_name(where), threads) | {"torch_version": str(torch.__version__)}
    with limit_threads(threads):
        reset_peak_memory(where)
        try:
            network = network_of(arch, proxy, seed).to(where)
            for epoch in train(network, proxy, data, seed):
                point = EpochRecord(
                    epoch=epoch.number,
                    train_loss=_finite(epoch.train_loss),
                    val_loss=_finite(epoch.val.loss),
                    val_top1=epoch.val.top1,
                    seconds=epoch.train_seconds + epoch.eval_seconds,
                )
                curve.append(point)
                on_epoch(point)
                for name in ("train_seconds", "eval_seconds"):
                    outcome[name] = outcome.get(name, 0.0) + getattr(epoch, name)
                if point.train_loss is None or point.val_loss is None:
                    which = "training" if point.train_loss is None else "validation"
                    outcome |= {"status": "diverged", "reason": f"{which} loss not finite in epoch {epoch.number}"}
                    break
                outcome |= {name: getattr(point, name) for name in ("train_loss", "val_loss", "val_top1")}
            else:
                start = perf_counter()
                test = evaluate(network, data.test)
                outcome |= {"test_loss": _finite(test.loss), "test_top1": test.top1}
                outcome["eval_seconds"] += perf_counter() - start
        except (RuntimeError, MemoryError, ValueError) as error:
            if isinstance(error, RequestError):
                raise
            text = (str(error).splitlines() or ["no message"])[0]  # a MemoryError has none
            outcome |= {"status": "failed", "reason": f"{type(error).__name__}: {text[:300]}"}
        if outcome["status"] != "ok":  # a score of a run that was cut short is not the score that the column promises
            outcome |= dict.fromkeys(("train_loss", "val_loss", "val_top1"))
        outcome["peak_memory"] = peak_memory(where)
    return Record(arch=arch.index, proxy=proxy.name, seed=seed, curve=tuple(curve), **outcome, **origin)


def network_of(arch: Architecture, proxy: Proxy, seed: int) -> CifarResNet:
    """The network of `proxy` with `arch` in it, as a run with `seed` starts, on the CPU; no global generator is touched."""
    with torch.random.fork_rng(devices=[]):
        network = CifarResNet(proxy.trunk, attention_builder(arch))
        initialise(network, seed)
    return network


def resolve_device(name: str) -> torch.device:
    """The device called `auto`, `cpu` or `cuda`; `auto` is the GPU where there is one."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name.split(":")[0] not in ("cpu", "cuda"):
        raise RequestError(f"a device is auto, cpu or cuda, got {name!r}")
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise RequestError("there is no CUDA device on this machine; use --device cpu")
    return torch.device(name)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def device_name(device: torch.device) -> str:
    """The model name of the processor or accelerator behind `device`."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else processor_name()


@contextmanager
def limit_threads(count: int) -> Iterator[None]:
    """Lets torch compute on `count` threads of the CPU inside the context."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def reset_peak_memory(device: torch.device) -> None:
    """Start a new measurement of the peak, where the system lets us."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    else:
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")  # proc(5): resets the peak resident set size


def peak_memory(device: torch.device) -> int:
    """Bytes at the peak since `reset_peak_memory`."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
