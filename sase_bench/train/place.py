"""Where a run computes: a device, and one of the processes that torchrun started, or the only one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from sase_bench.errors import RequestError
from sase_bench.machine.processor import resolve_device

__all__ = ["Place", "joined"]

T = TypeVar("T")


@dataclass(frozen=True)
class Place:
    """This process among `count`, and the device that it has to itself."""

    device: torch.device
    rank: int = 0
    count: int = 1  # processes

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes and speaks."""
        return self.rank == 0

    def share(self, images: int) -> int:
        """How many of the `images` of a step are this process's. Raises `RequestError` unless all get equally many."""
        if images % self.count:
            raise RequestError(f"a batch is shared equally by {self.count} processes, got {images} images")
        return images // self.count

    def parallel(self, network: nn.Module) -> nn.Module:
        """`network` with its gradients averaged over the processes."""
        if self.count == 1:
            return network
        return DistributedDataParallel(network, device_ids=[self.device] if self.device.type == "cuda" else None)

    def sum(self, values: Tensor) -> Tensor:
        """The sum over all processes, everywhere; on several GPUs `values` are on this process's."""
        if self.count > 1:
            dist.all_reduce(values)
        return values

    def any(self, *flags: bool) -> list[bool]:
        """For each flag whether one of the processes raised it; all wait for each other here."""
        if self.count == 1:
            return list(flags)
        return [count > 0 for count in self.sum(torch.tensor(flags, dtype=torch.int32, device=self.device)).tolist()]

    def gather(self, thing: T) -> list[T]:
        """What every process has, in the order of their ranks, everywhere."""
        if self.count == 1:
            return [thing]
        things: list[Any] = [None] * self.count
        dist.all_gather_object(things, thing)
        return things

    def share_buffers(self, network: nn.Module) -> None:
        """Give every process the running statistics of the first, so that all score the same network."""
        if self.count > 1:
            for buffer in network.buffers():
                dist.broadcast(buffer, 0)


@contextmanager
def joined(name: str) -> Iterator[Place]:
    """The place on device `name` (auto, cpu, cuda) in what torchrun's environment describes, with NCCL on GPUs, else Gloo."""
    device = resolve_device(name)
    if "RANK" not in os.environ:
        yield Place(device)
        return
    if device.type == "cuda":
        local = int(os.environ["LOCAL_RANK"])
        if local >= torch.cuda.device_count():
            raise RequestError(f"a process needs a GPU of its own, {torch.cuda.device_count()} are here, got process {local}")
        device = torch.device("cuda", local)
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Place(device, dist.get_rank(), dist.get_world_size())
    finally:
        dist.destroy_process_group()
