"""`measure`: one architecture, one proxy, one seed → one `Record` with the whole learning curve and where it came from.

`measure_seeds` does it for several seeds together, which takes less time for each.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock
from time import perf_counter
from typing import Any

import torch

from sase_bench.backbones.attention import attention_builder
from sase_bench.backbones.cifar import CifarResNet
from sase_bench.errors import RequestError, told
from sase_bench.machine.memory import peak_memory, reset_peak_memory
from sase_bench.machine.processor import device_name, full_precision, is_lost, limit_threads, resolve_device
from sase_bench.machine.provenance import provenance
from sase_bench.modules import Module, parse_attention
from sase_bench.proxies.datasets import Images, ProxyData, load
from sase_bench.proxies.fused import FusedNetworks, evaluate_fused, train_fused
from sase_bench.proxies.graph import CaptureError, Engine, engine_of
from sase_bench.proxies.initialisation import initialise
from sase_bench.proxies.training import Epoch, Scores, evaluate, train
from sase_bench.recipes.recipe import Proxy
from sase_bench.recipes.registry import find
from sase_bench.record import EpochRecord, Record
from sase_bench.space import Architecture

__all__ = ["measure", "measure_seeds", "network_of"]


_GLOBAL_GENERATOR = Lock()  # torch initialises from it; it is borrowed, and threads take turns


def measure(
    arch: Architecture | Module | str | int,
    proxy: Proxy | str = "digits",
    seed: int = 0,
    device: str = "cpu",
    *,
    data: ProxyData | None = None,
    folder: Path | None = None,
    threads: int = 1,
    on_epoch: Callable[[EpochRecord], None] = lambda point: None,
) -> Record:
    """Train `arch`, a block or a published module, on `proxy` with `seed` and score it on validation and test images.

    A loss that is not finite ends the run with status `diverged`, an error with status `failed`; both are results, with the
    reason and the curve so far. On the CPU the same call gives the same bits. `data` are the proxy's images on `device` when
    they are at hand, else they are read from `folder`. `on_epoch` sees each point of the curve as it comes.
    Raises `RequestError` for an unknown name, a missing data set or a missing device, and where a GPU breaks down.
    """

    def begin(arch: Architecture | Module, proxy: Proxy, data: ProxyData) -> _Training:
        network = network_of(arch, proxy, seed).to(data.train.x.device)
        return train(network, proxy, data, seed), lambda images: [evaluate(network, images)]

    (record,) = _measure(arch, proxy, [seed], device, data, folder, threads, "eager", begin, on_epoch)
    return record


def measure_seeds(
    arch: Architecture | Module | str | int,
    proxy: Proxy | str,
    seeds: Sequence[int],
    device: str = "cpu",
    *,
    data: ProxyData | None = None,
    folder: Path | None = None,
    threads: int = 1,
    on_epoch: Callable[[EpochRecord], None] = lambda point: None,
) -> list[Record]:
    """As `measure`, for several seeds that are trained together, see `fused`; each record has its share of the time.

    The records say path `fused`, or `graph` where a GPU replays the steps: they differ from those of `measure` as a run differs
    from itself on another processor.
    Raises `RequestError` as `measure` does, and for a seed that is named twice.
    """
    if not seeds or len(set(seeds)) < len(seeds):
        raise RequestError(f"the seeds of a block are one or more and all different, got {list(seeds)!r}")

    def records_of(path: str, engine: Engine) -> list[Record]:
        def begin(arch: Architecture | Module, proxy: Proxy, data: ProxyData) -> _Training:
            networks = FusedNetworks([network_of(arch, proxy, seed) for seed in seeds]).to(data.train.x.device)
            return engine(networks, proxy, data, seeds), lambda images: evaluate_fused(networks, images)

        return _measure(arch, proxy, seeds, device, data, folder, threads, path, begin, on_epoch)

    with suppress(CaptureError):  # before the first epoch
        return records_of(*engine_of(resolve_device(device)))
    return records_of("fused", train_fused)  # out here, where no traceback holds the memory of the attempt


#: The epochs of all seeds as they end, and what scores all of them on some images.
_Training = tuple[Iterator[list[Epoch]], Callable[[Images], list[Scores]]]


def _measure(
    arch: Architecture | Module | str | int,
    proxy: Proxy | str,
    seeds: Sequence[int],
    device: str,
    data: ProxyData | None,
    folder: Path | None,
    threads: int,
    path: str,
    begin: Callable[[Architecture | Module, Proxy, ProxyData], _Training],
    on_epoch: Callable[[EpochRecord], None],
) -> list[Record]:
    arch = parse_attention(arch) if isinstance(arch, str) else arch if isinstance(arch, Module) else Architecture.of(arch)
    proxy = find(proxy) if isinstance(proxy, str) else proxy
    for seed in seeds:
        if type(seed) is not int or seed < 0:  # said before anything is trained, and not when its record is made
            raise RequestError(f"a seed is a whole number from 0, got {seed!r}")
    where = resolve_device(device)
    data = data or load(proxy, folder).to(where)
    origin = provenance(proxy, device_name(where), threads) | {"torch_version": str(torch.__version__), "path": path}
    runs = [_Run() for _ in seeds]
    with limit_threads(threads), full_precision(where):
        reset_peak_memory(where)
        try:
            epochs, score = begin(arch, proxy, data)
            for points in epochs:
                for run, point in zip(runs, points, strict=True):
                    if run.status == "ok":
                        on_epoch(run.add(point))
                if all(run.status == "diverged" for run in runs):
                    break
            else:
                start = perf_counter()
                tests = score(data.test)
                for run, test in zip(runs, tests, strict=True):
                    run.finish(test, (perf_counter() - start) / len(runs))
        except (RuntimeError, MemoryError, ValueError) as error:
            if isinstance(error, RequestError):
                raise
            if is_lost(where, error):  # which says nothing of the run: it stays missing
                raise RequestError(
                    f"this process can compute no more on {origin['device']} ({told(error)}); the runs under way are not "
                    "recorded, and the same command goes on"
                ) from error
            for run in runs:
                run.fail(error)
    peak = peak_memory(where)
    index, name = arch.index, proxy.name
    return [
        Record(arch=index, proxy=name, seed=seed, peak_memory=peak, **run.columns(), **origin)
        for seed, run in zip(seeds, runs, strict=True)
    ]


class _Run:
    """What has come of one seed so far. A score of a run that was cut short is not the score that its column promises."""

    def __init__(self) -> None:
        self.status = "ok"
        self.reason: str | None = None
        self._curve: list[EpochRecord] = []
        self._seconds: dict[str, float] = {}
        self._test: Scores | None = None

    def add(self, epoch: Epoch) -> EpochRecord:
        """Take an epoch; one without a finite loss ends the run."""
        point = EpochRecord(
            epoch=epoch.number,
            train_loss=_finite(epoch.train_loss),
            val_loss=_finite(epoch.val.loss),
            val_top1=epoch.val.top1,
            seconds=epoch.train_seconds + epoch.eval_seconds,
        )
        self._curve.append(point)
        for name in ("train_seconds", "eval_seconds"):
            self._seconds[name] = self._seconds.get(name, 0.0) + getattr(epoch, name)
        if point.train_loss is None or point.val_loss is None:
            which = "training" if point.train_loss is None else "validation"
            self.status, self.reason = "diverged", f"{which} loss not finite in epoch {epoch.number}"
        return point

    def finish(self, test: Scores, seconds: float) -> None:
        """Take the scores on the test images, if the run got that far."""
        if self.status == "ok":
            self._test = test
            self._seconds["eval_seconds"] += seconds

    def fail(self, error: Exception) -> None:
        """Let an error of the machine end the run, unless it has ended before."""
        if self.status == "ok":
            self.status, self.reason, self._test = "failed", told(error), None

    def columns(self) -> dict[str, Any]:
        """The columns of a record that the run decides."""
        columns: dict[str, Any] = {"status": self.status, "reason": self.reason, "curve": tuple(self._curve), **self._seconds}
        if self._test is not None:
            columns |= {name: getattr(self._curve[-1], name) for name in ("train_loss", "val_loss", "val_top1")}
            columns |= {"test_loss": _finite(self._test.loss), "test_top1": self._test.top1}
        return columns


def network_of(arch: Architecture | Module, proxy: Proxy, seed: int) -> CifarResNet:
    """The network of `proxy` with `arch` in it, as a run with `seed` starts, on the CPU; no global generator is touched."""
    with _GLOBAL_GENERATOR, torch.random.fork_rng(devices=[]):
        network = CifarResNet(proxy.trunk, attention_builder(arch))
        initialise(network, seed)
    return network


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
