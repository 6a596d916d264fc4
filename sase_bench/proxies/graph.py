"""The fused engine's step and evaluation on memory that stays where it is, so that a GPU can replay each as one CUDA graph.

A step of these networks is thousands of kernels of a few microseconds; a GPU ends each before Python has started the next. A
graph starts all of them at once (Nguyen et al., "Accelerating PyTorch with CUDA Graphs", pytorch.org 2021). The step is plain
torch, and on a CPU it runs as it is written; only its capture needs a GPU. It computes what `fused` computes, up to rounding.

Several blocks may be trained at once, each by a thread with a stream of its own.

Notation: R replicates, S steps an epoch, B images a batch.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from threading import Lock, local
from typing import TypeVar

import torch
from torch import Tensor

from sase_bench import cli
from sase_bench.errors import told
from sase_bench.proxies.datasets import Images, ProxyData
from sase_bench.proxies.fused import FusedNetworks, clip_factors, epoch_of, losses_of, scores_of, tally, train_fused
from sase_bench.proxies.tape import tape_of
from sase_bench.proxies.training import Epoch, Scores, learning_rate
from sase_bench.recipes.recipe import Proxy

__all__ = ["CaptureError", "Engine", "FixedStep", "captured", "engine_of", "train_graphed"]

#: Trains replicates with their seeds, giving each epoch as it ends.
Engine = Callable[[FusedNetworks, Proxy, ProxyData, Sequence[int]], Iterator[list[Epoch]]]

T = TypeVar("T")

_CAPTURE = Lock()  # one at a time
_VOID: list[torch.cuda.CUDAGraph] = []  # whose capture failed: they are kept, for torch may still be at them
_OWN = local()  # of each thread


class CaptureError(Exception):
    """A graph cannot be captured: its kernels are to be started one by one."""


def engine_of(device: torch.device) -> tuple[str, Engine]:
    """What trains several seeds together on `device`, and the `path` of its records; after a failed capture, without graphs."""
    return ("graph", train_graphed) if device.type == "cuda" and not _VOID else ("fused", train_fused)


class FixedStep:
    """A step of SGD on all replicates: reads the next batch and rate, changes the networks, adds to `total`."""

    def __init__(self, networks: FusedNetworks, proxy: Proxy, like: Images) -> None:
        """`like` are images of the kind that it will be given: their size, type and device."""
        self._networks, self._proxy = networks, proxy
        shape = (networks.count, proxy.steps_per_epoch, proxy.batch_size)
        self._images = like.x.new_zeros(*shape, *like.x.shape[1:])  # (R,S,B,C,H,W)
        self._labels = like.y.new_zeros(shape)
        self._rates = like.x.new_zeros(proxy.steps_per_epoch)
        self._next = like.y.new_zeros(1)  # the place of the next batch
        self.total = like.x.new_zeros(networks.count)  # of the losses so far in the epoch
        self._parameters = list(networks.parameters.values())
        self._momenta = [torch.zeros_like(parameter) for parameter in self._parameters]

    def begin(self, number: int, epochs: Sequence[tuple[Tensor, Tensor]]) -> None:
        """Start epoch `number`, from 1, of these images (S,B,C,H,W) and labels (S,B), one pair a replicate."""
        steps = self._proxy.steps_per_epoch
        for place, (images, labels) in enumerate(epochs):
            self._images[place].copy_(images)
            self._labels[place].copy_(labels)
        rates = [learning_rate(self._proxy, step) for step in range((number - 1) * steps, number * steps)]
        self._rates.copy_(torch.tensor(rates, dtype=self._rates.dtype))
        self._next.zero_()
        self.total.zero_()

    def __call__(self) -> None:
        """Make the step. Decay and momentum are those of `torch.optim.SGD`; gradients are clipped before."""
        images, labels = (tensor.index_select(1, self._next).squeeze(1) for tensor in (self._images, self._labels))
        losses = losses_of(self._networks(images), labels, self._proxy.label_smoothing)
        gradients: Sequence[Tensor] = torch.autograd.grad(losses.sum(), self._parameters)
        with torch.no_grad():
            factors = clip_factors(gradients, self._proxy.clip_norm)
            gradients = [gradient * factor for gradient, factor in zip(gradients, factors, strict=True)]
            torch._foreach_add_(gradients, self._parameters, alpha=self._proxy.weight_decay)
            torch._foreach_mul_(self._momenta, self._proxy.momentum)
            torch._foreach_add_(self._momenta, gradients)
            if self._proxy.nesterov:
                torch._foreach_add_(gradients, self._momenta, alpha=self._proxy.momentum)
            else:
                gradients = [momentum.clone() for momentum in self._momenta]
            torch._foreach_mul_(gradients, self._rates.index_select(0, self._next).squeeze(0))
            torch._foreach_sub_(self._parameters, gradients)
            self.total += losses
            self._next += 1

    @property
    def state(self) -> list[Tensor]:
        """Everything that a step changes."""
        return [*self._parameters, *self._networks.buffers.values(), *self._momenta, self.total, self._next]


def captured(action: Callable[[], T], state: Sequence[Tensor]) -> Callable[[], T]:
    """`action`, which changes nothing but `state`, as a graph on the GPU; it is run once before the capture, and undone.

    The graph's result is always the same tensors. Raises `CaptureError` where an operation cannot be captured, and whenever one
    could not be before. What says nothing of that is raised as it is: too little memory, a warning that is an error.
    """
    before = [tensor.detach().clone() for tensor in state]
    here = torch.cuda.current_stream()
    side = _side() if here == torch.cuda.default_stream() else here
    side.wait_stream(here)
    try:
        with torch.cuda.stream(side):
            action()  # libraries load, and choose their kernels
            graph, result = _capture(action)
    finally:
        here.wait_stream(side)
        with torch.no_grad():
            for tensor, was in zip(state, before, strict=True):
                tensor.copy_(was)

    def replay() -> T:
        graph.replay()
        return result

    return replay


def _capture(action: Callable[[], T]) -> tuple[torch.cuda.CUDAGraph, T]:
    """The graph of `action` on the current stream, and its result; the first failure is told to whoever watches."""
    with _CAPTURE:
        if _VOID:
            raise CaptureError("another capture failed before")
        torch.cuda.empty_cache()  # of the run before the capture: a graph has memory of its own, and frees none to get it
        graph = torch.cuda.CUDAGraph()
        try:
            graph.capture_begin(capture_error_mode="thread_local")
            try:
                result = action()
            except BaseException:
                with suppress(Exception):  # that the capture is void is known, also where it warns of that
                    graph.capture_end()
                raise
            graph.capture_end()
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            _VOID.append(graph)
            cli.say(
                "proxies", f"no CUDA graph can be captured ({told(error)}); runs go on without, path fused, and take longer"
            )
            raise CaptureError(told(error)) from error
    return graph, result


def _side() -> torch.cuda.Stream:
    """A stream for captures, which the default one does not allow: always the same, for torch has 32 and no more."""
    if not hasattr(_OWN, "stream"):
        _OWN.stream = torch.cuda.Stream()
    stream: torch.cuda.Stream = _OWN.stream
    return stream


def train_graphed(networks: FusedNetworks, proxy: Proxy, data: ProxyData, seeds: Sequence[int]) -> Iterator[list[Epoch]]:
    """As `train_fused`, by graphs that are captured first where the images are on a GPU, in the time of the first epoch.

    To make the batches, which other blocks will find made, is in nobody's time. Raises `CaptureError` before the first step.
    """
    tapes = [tape_of(proxy, data.train, seed) for seed in seeds]
    networks.train()
    step = FixedStep(networks, proxy, data.train)
    make: Callable[[], None] = step
    count: Callable[[], Tensor] = partial(tally, networks, data.val)

    def score() -> list[Scores]:
        return scores_of(count(), len(data.val))

    for number in range(1, proxy.epochs + 1):
        networks.train()
        epochs = [tape.epoch(number) for tape in tapes]
        start = time.perf_counter()
        step.begin(number, epochs)
        if number == 1 and data.train.x.is_cuda:
            make, count = captured(step, step.state), captured(count, ())
            networks.train()
        for _ in range(proxy.steps_per_epoch):
            make()
        yield epoch_of(number, step.total / proxy.steps_per_epoch, score, start)
