"""Timing whole networks and single blocks, to see how far the sums of their parts are off.

`networks` puts a random architecture into every residual branch of the trunk and times the whole network; `blocks` times single
blocks, dealt out to the stages in turn. Both go round by round, as the measurement of the parts does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sase_bench.latency.checks import Checked, Kind
from sase_bench.latency.composition import compose_blocks, compose_networks
from sase_bench.latency.parts import Part, plain
from sase_bench.latency.timing.networks import Call, Inputs, block_call, install, plain_network, settle
from sase_bench.latency.timing.parts import conditions_of, now
from sase_bench.latency.timing.stopwatch import quiet, visit
from sase_bench.latency.timings import Setting
from sase_bench.machine.processor import limit_threads, resolve_device
from sase_bench.space import Architecture
from sase_bench.trunk import Trunk

__all__ = ["check"]

Report = Callable[[int, int], None]  # visits done, visits planned

_LEAST = 3  # repetitions a visit: to build a network for a visit takes longer than to run it


@dataclass(kw_only=True)
class _Sample:
    """One network, or one block on the maps of a stage, that was composed and is timed."""

    prepare: Callable[[], Call]  # before every visit, not timed
    arch: Architecture | None  # None: the plain trunk
    stage: int | None = None  # number of the stage from 1; None: a whole network
    is_fit: bool = False  # one of the half that the factor is from
    composed: float  # seconds
    seconds: list[float] = field(default_factory=list)  # every repetition


def check(
    kind: Kind,
    trunk: Trunk,
    parts: Mapping[Part, float],
    archs: Sequence[Architecture],
    setting: Setting,
    *,
    passes: int = 3,
    report: Report = lambda done, planned: None,
) -> list[Checked]:
    """Compose and time a network (and the plain trunk) or a block for each of `archs`. `parts` are the seconds to add up.

    Every other sample, within its stage, is in the half that the factor of `sase_bench.latency.accuracy` is from.
    """
    make = {"networks": _networks, "blocks": _blocks}[kind]
    device = resolve_device(setting.device)
    with limit_threads(setting.threads):
        samples = make(trunk, parts, archs, Inputs(device), setting.batch)
        for turn in range(passes):
            for place, sample in enumerate(samples):
                call = sample.prepare()
                with quiet():
                    sample.seconds += visit(call, device, setting.clock, sample.composed, least=_LEAST)
                report(turn * len(samples) + place + 1, passes * len(samples))
    conditions, when = conditions_of(setting), now()
    return [
        Checked(
            trunk=trunk.name,
            kind=kind,
            conditions=conditions,
            stage=sample.stage,
            arch=None if sample.arch is None else sample.arch.index,
            is_fit=sample.is_fit,
            composed=sample.composed,
            seconds=sample.seconds,
            measured_at=when,
        )
        for sample in samples
    ]


def _networks(
    trunk: Trunk, parts: Mapping[Part, float], archs: Sequence[Architecture], inputs: Inputs, batch: int
) -> list[_Sample]:
    """The plain trunk, then a network for each architecture; they share the trunk, and blocks are made for each visit."""
    network, image = plain_network(trunk, inputs.device), plain(trunk)
    images = inputs(batch, image.channels, image.height, image.width)

    def prepare(arch: Architecture | None) -> Call:
        install(network, trunk, arch, inputs.device)
        settle(network, images)
        return lambda: network(images)

    samples = [_Sample(prepare=partial(prepare, None), arch=None, composed=parts[plain(trunk)])]
    composed = compose_networks(trunk, parts, _digits(archs))
    for place, (arch, value) in enumerate(zip(archs, composed, strict=True)):
        ready = partial(prepare, arch)
        samples.append(_Sample(prepare=ready, arch=arch, is_fit=place % 2 == 0, composed=float(value)))
    return samples


def _blocks(
    trunk: Trunk, parts: Mapping[Part, float], archs: Sequence[Architecture], inputs: Inputs, batch: int
) -> list[_Sample]:
    """A block for each architecture, dealt out to the stages in turn."""
    samples = []
    composed = [compose_blocks(stage, parts, _digits(archs)) for stage in trunk.stages]
    for place, arch in enumerate(archs):
        turn, stage = divmod(place, len(trunk.stages))
        call = block_call(arch, trunk.stages[stage], batch, inputs)
        value = float(composed[stage][place])
        samples.append(_Sample(prepare=partial(_same, call), arch=arch, stage=stage + 1, is_fit=turn % 2 == 0, composed=value))
    return samples


def _same(call: Call) -> Call:
    return call


def _digits(archs: Sequence[Architecture]) -> NDArray[np.uint8]:
    return np.asarray([arch.digits for arch in archs], dtype=np.uint8)
