"""Timing whole networks with attention against the plain one, round by round, into a file.

A network is built once for a trunk, and the attention blocks in it are exchanged before every visit, which is not timed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from sase_bench.latency.comparisons import WORK, Compared, Work, read_comparisons, write_comparisons
from sase_bench.latency.timing.memory import peak_of
from sase_bench.latency.timing.networks import Call, Inputs, install, plain_network, settle
from sase_bench.latency.timing.parts import conditions_of, now
from sase_bench.latency.timing.stopwatch import quiet, visit
from sase_bench.latency.timings import Setting
from sase_bench.machine.processor import limit_threads, resolve_device
from sase_bench.modules import PLAIN, parse_attention
from sase_bench.trunk import Trunk

__all__ = ["compare_networks", "kept_for_backward", "training_step"]

Report = Callable[[int, int], None]  # visits done, visits planned

_RATE, _MOMENTUM = 1e-3, 0.9
_LEAST = {"forward": 3, "training": 1}  # repetitions a visit


def compare_networks(
    path: Path,
    trunk: Trunk,
    attentions: Sequence[str],
    settings: dict[Work, Setting],
    *,
    passes: int,
    report: Report = lambda done, planned: None,
) -> list[Compared]:
    """Time `trunk` with each of `attentions` until each has had `passes` rounds of all work, and keep them in the file.

    The plain network is in every round, however many it has had. What is not known of their memory is found out first. The
    settings share a device and its threads. The file is written after every network. Returns the rows of these networks.
    Raises `RequestError` for a text that is no attention, before anything is timed.
    """
    names = list(dict.fromkeys(str(parse_attention(text)) for text in attentions))
    ((where, threads),) = {(setting.device, setting.threads) for setting in settings.values()}
    device = resolve_device(where)
    rows = {(row.trunk, row.attention, row.work, row.conditions): row for row in read_comparisons(path)}
    groups: dict[str, list[Compared]] = {name: [] for name in (PLAIN, *names)}
    for name, group in groups.items():
        for work in WORK:
            key = (trunk.name, name, work, conditions_of(settings[work]))
            fresh = Compared(trunk=key[0], attention=key[1], work=key[2], conditions=key[3])
            group.append(rows.setdefault(key, fresh))
    write_comparisons(path, rows.values())  # a place that cannot be written to is found out now
    asked = [row for name in names for row in groups[name]]
    rounds = _rounds(groups[PLAIN], asked, passes)
    unweighed = [row for group in groups.values() for row in group if row.peak is None]
    planned, done, began = len(unweighed) + sum(map(len, rounds)), 0, now()
    with limit_threads(threads):
        network, inputs = plain_network(trunk, device), Inputs(device)
        for row in unweighed:
            install(network, trunk, parse_attention(row.attention), device)
            _weigh(row, network, trunk, inputs)
            write_comparisons(path, rows.values())
            done += 1
            report(done, planned)
        for turn, visited in enumerate(rounds):
            for name, group in groups.items():
                todo = [row for row in group if any(row is other for other in visited)]
                if not todo:
                    continue
                install(network, trunk, parse_attention(name), device)
                for row in todo:
                    _visit(row, network, trunk, inputs)
                    row.made_in.append(f"{began}/{turn}")
                    done += 1
                    report(done, planned)
                write_comparisons(path, rows.values())
    return asked


def _rounds(plain: Sequence[Compared], asked: Sequence[Compared], passes: int) -> list[list[Compared]]:
    """Whom each round visits: those that have had fewer rounds than it, and for their work the plain network."""
    rounds = []
    for turn in range(passes):
        todo = [row for row in asked if row.rounds <= turn]
        works = {row.work for row in todo}
        rounds.append(todo + [row for row in plain if row.work in works and row not in todo])
    return [visited for visited in rounds if visited]


def _visit(row: Compared, network: nn.Module, trunk: Trunk, inputs: Inputs) -> None:
    images = _settled(row, network, trunk, inputs)
    expected = row.seconds[-1] if row.seconds else None
    clock, least = row.conditions.setting.clock, _LEAST[row.work]
    if row.work == "forward":
        with quiet():
            seconds = visit(lambda: network(images), inputs.device, clock, expected, least=least)
    else:
        network.train()
        step = training_step(network, images)
        step()  # makes the optimiser's state
        with quiet(gradients=True):
            seconds = visit(step, inputs.device, clock, expected, least=least)
        network.eval().zero_grad(set_to_none=True)
    row.seconds.append(float(np.median(seconds)))
    row.measured_at = now()


def _weigh(row: Compared, network: nn.Module, trunk: Trunk, inputs: Inputs) -> None:
    """How much memory the work takes; no clock is read."""
    images = _settled(row, network, trunk, inputs)
    if row.work == "forward":
        with torch.inference_mode():
            row.peak = peak_of(lambda: network(images), inputs.device)
        return
    network.train()
    step = training_step(network, images)
    with kept_for_backward(network) as kept:
        step()  # also makes the optimiser's state
    row.activations = sum(kept.values())
    network.zero_grad(set_to_none=True)
    row.peak = peak_of(step, inputs.device)
    network.eval().zero_grad(set_to_none=True)


def _settled(row: Compared, network: nn.Module, trunk: Trunk, inputs: Inputs) -> Tensor:
    """The images of a work, for a network that has seen some."""
    side = trunk.resolution
    settle(network, inputs(2, 3, side, side))  # batch normalisation of a map of one pixel takes two images
    return inputs(row.conditions.setting.batch, 3, side, side)


def training_step(network: nn.Module, images: Tensor) -> Call:
    """A step of SGD with momentum on `images`, all with label 0; `network` is in training mode."""
    optimiser = torch.optim.SGD(network.parameters(), lr=_RATE, momentum=_MOMENTUM)
    labels = torch.zeros(len(images), dtype=torch.int64, device=images.device)

    def step() -> None:
        optimiser.zero_grad(set_to_none=True)
        cross_entropy(network(images), labels).backward()  # type: ignore[no-untyped-call]
        optimiser.step()

    return step


@contextmanager
def kept_for_backward(network: nn.Module) -> Iterator[dict[int, int]]:
    """Collects the bytes of every storage that forward passes inside keep for the backward pass, parameters left out."""
    parameters = {parameter.untyped_storage().data_ptr() for parameter in network.parameters()}
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in parameters:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        yield kept
