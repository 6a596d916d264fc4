"""Timing every part of some trunks, round by round, into a file that an interrupted measurement goes on with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import torch

from sase_bench.latency.parts import parts_of
from sase_bench.latency.timing.networks import Call, Inputs, part_call
from sase_bench.latency.timing.stopwatch import calls_per_repetition, quiet, visit
from sase_bench.latency.timings import Conditions, Setting, Timing, read_timings, write_timings
from sase_bench.machine.processor import device_name, limit_threads, resolve_device
from sase_bench.machine.provenance import git_revision
from sase_bench.trunk import Trunk
from sase_bench.version import __version__

__all__ = ["conditions_of", "measure_parts", "now"]

Report = Callable[[int, int], None]  # visits done, visits planned


def conditions_of(setting: Setting) -> Conditions:
    """The conditions of a measurement on this machine."""
    processor = device_name(resolve_device(setting.device))
    return Conditions(setting=setting, processor=processor, torch_version=str(torch.__version__))


def now() -> str:
    """The time, UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def measure_parts(
    path: Path,
    trunks: Iterable[Trunk],
    settings: Sequence[Setting],
    *,
    passes: int = 20,
    report: Report = lambda done, planned: None,
) -> list[Timing]:
    """Time every part of `trunks` in each setting until each has had `passes` rounds, and keep them in the file.

    The settings share a device and its threads. The file is written after every round and when the measurement is
    interrupted; rounds that are in it are not repeated. Returns the timings of these parts under these conditions.
    """
    ((name, threads),) = {(setting.device, setting.threads) for setting in settings}
    device = resolve_device(name)
    kept = {(timing.part, timing.conditions): timing for timing in read_timings(path)}
    asked: list[Timing] = []
    parts = dict.fromkeys(part for trunk in trunks for part in parts_of(trunk))
    for conditions in map(conditions_of, settings):
        for part in parts:
            fresh = Timing(part=part, conditions=conditions, calls=calls_per_repetition(device))
            asked.append(kept.setdefault((part, conditions), fresh))
    write_timings(path, kept.values())  # a place that cannot be written to is found out now
    planned = sum(max(0, passes - timing.passes) for timing in asked)
    with limit_threads(threads):
        calls: dict[int, Call] = {}
        inputs, done = Inputs(device), 0
        for turn in range(passes):
            try:
                for place, timing in enumerate(asked):
                    if timing.passes > turn:
                        continue
                    if place not in calls:
                        calls[place] = part_call(timing.part, timing.conditions.setting.batch, inputs)
                    _time(timing, calls[place], device)
                    done += 1
                    report(done, planned)
            finally:
                write_timings(path, kept.values())
    return asked


def _time(timing: Timing, call: Call, device: torch.device) -> None:
    with quiet():
        timing.seconds += visit(call, device, timing.conditions.setting.clock, timing.seconds[-1] if timing.seconds else None)
    timing.passes += 1
    timing.measured_at, timing.package_version, timing.git_revision = now(), __version__, git_revision()
