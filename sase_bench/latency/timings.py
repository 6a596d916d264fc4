"""The file of timings: for each part and set of conditions every repetition, its median and its 95th percentile, as Parquet.

All repetitions are kept, so that an interrupted measurement goes on where it was and percentiles can be checked. One file
holds any number of machines, devices and batch sizes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sase_bench.errors import RequestError
from sase_bench.latency.parquet import read_parquet, write_parquet
from sase_bench.latency.parts import Part, parts_of
from sase_bench.trunk import Trunk

__all__ = ["CONDITION_COLUMNS", "Conditions", "Repeated", "Setting", "Timing", "read_timings", "seconds_of", "write_timings"]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What a person chooses about a latency, apart from the network."""

    batch: int = 1  # images in one forward pass
    device: str = "cpu"  # or cuda
    threads: int = 1  # of torch, on the CPU
    clock: str = "thread"  # CPU time of the one thread that computes; or wall, the time that passes

    def __post_init__(self) -> None:
        if min(self.batch, self.threads) < 1:
            raise RequestError(f"--batch and --threads are at least 1, got {self.batch} and {self.threads}")
        if self.clock == "thread" and (self.device, self.threads) != ("cpu", 1):
            raise RequestError(
                f"the clock thread takes --device cpu and --threads 1, got {self.device} and {self.threads}; use --clock wall"
            )

    @property
    def options(self) -> str:
        """As it is typed."""
        return f"--batch {self.batch} --device {self.device} --threads {self.threads} --clock {self.clock}"


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """What a latency depends on apart from the network."""

    setting: Setting
    processor: str  # the CPU or the GPU, as `device_name` says it
    torch_version: str

    def __str__(self) -> str:
        """For a reader: batch 1, cpu (a processor), 1 thread, clock thread, torch 2."""
        setting = self.setting
        threads = f"{setting.threads} thread{'s' * (setting.threads != 1)}, clock {setting.clock}"
        return f"batch {setting.batch}, {setting.device} ({self.processor}), {threads}, torch {self.torch_version}"

    @property
    def values(self) -> dict[str, Any]:
        """By column name: batch, device, threads, clock, processor, torch_version."""
        found = dataclasses.asdict(self)
        return {**found.pop("setting"), **found}

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Conditions:
        """The inverse of `values`, which may have other keys as well."""
        setting = Setting(**{item.name: values[item.name] for item in dataclasses.fields(Setting)})
        return cls(setting=setting, processor=values["processor"], torch_version=values["torch_version"])


#: The columns of `Conditions` in a file, with their types in DuckDB.
CONDITION_COLUMNS = {
    "batch": "BIGINT", "device": "VARCHAR", "threads": "BIGINT", "clock": "VARCHAR", "processor": "VARCHAR",
    "torch_version": "VARCHAR",
}  # fmt: skip


class Repeated:
    """Anything that was timed several times."""

    seconds: list[float]

    @property
    def p50(self) -> float:
        """The median in seconds."""
        return float(np.median(self.seconds))

    @property
    def p95(self) -> float:
        """The 95th percentile in seconds."""
        return float(np.quantile(self.seconds, 0.95))


@dataclass(kw_only=True)
class Timing(Repeated):
    """The repetitions of one part under one set of conditions."""

    part: Part
    conditions: Conditions
    calls: int  # in a row in one repetition, which is their mean; 1 on a CPU
    passes: int = 0  # rounds over all parts that this one was timed in
    seconds: list[float] = field(default_factory=list)  # every repetition, in order
    measured_at: str = ""  # the last repetition, UTC, ISO 8601
    package_version: str = ""
    git_revision: str | None = None


_PART_COLUMNS = {"slot": "VARCHAR", "operation": "VARCHAR", "channels": "BIGINT", "height": "BIGINT", "width": "BIGINT"}
_COMPUTED = {"p50": "DOUBLE", "p95": "DOUBLE", "repetitions": "BIGINT"}
_KEPT = {
    "calls": "BIGINT", "passes": "BIGINT", "measured_at": "VARCHAR", "package_version": "VARCHAR", "git_revision": "VARCHAR",
    "seconds": "FLOAT[]",
}  # fmt: skip

#: The columns of the file in order, with their types in DuckDB.
_COLUMNS = _PART_COLUMNS | CONDITION_COLUMNS | _COMPUTED | _KEPT


def read_timings(path: Path) -> list[Timing]:
    """The timings in a file, none if there is no file. Raises `RequestError` for a file of another kind."""
    return [_timing(row) for row in read_parquet(path, _COLUMNS, "timings")]


def write_timings(path: Path, timings: Iterable[Timing]) -> None:
    """Write the timings that have repetitions in place of the file, in one step."""
    found = sorted((timing for timing in timings if timing.seconds), key=_order)
    write_parquet(path, _COLUMNS, [_row(timing) for timing in found])


def seconds_of(timings: Iterable[Timing], trunk: Trunk, setting: Setting) -> tuple[Conditions, dict[Part, float]]:
    """The median seconds of every part of `trunk`, and the conditions they were taken under.

    Where several machines or versions of torch fit, the one that was measured last. Raises `RequestError` with what to
    measure where none has all parts.
    """
    needed, complete = parts_of(trunk), []
    asked = [timing for timing in timings if timing.conditions.setting == setting]
    for conditions in dict.fromkeys(timing.conditions for timing in asked):
        found = {timing.part: timing for timing in asked if timing.conditions == conditions}
        if all(part in found for part in needed):
            last = max(found[part].measured_at for part in needed)
            complete.append((last, conditions, {part: found[part].p50 for part in needed}))
    if not complete:
        there = len(set(needed) & {timing.part for timing in asked})
        raise RequestError(
            f"{there} of the {len(needed)} parts of {trunk.name} were timed with {setting.options}; time them with: "
            f"python -m sase_bench.latency measure --trunks {trunk.name} {setting.options}"
        )
    _, conditions, seconds = max(complete, key=lambda entry: entry[0])
    return conditions, seconds


def _timing(row: dict[str, Any]) -> Timing:
    part = Part(**{name: row[name] for name in _PART_COLUMNS})
    return Timing(part=part, conditions=Conditions.from_values(row), **{name: row[name] for name in _KEPT})


def _row(timing: Timing) -> tuple[Any, ...]:
    computed = {"p50": timing.p50, "p95": timing.p95, "repetitions": len(timing.seconds)}
    kept = {name: getattr(timing, name) for name in _KEPT}
    values = dataclasses.asdict(timing.part) | timing.conditions.values | computed | kept
    return tuple(values[name] for name in _COLUMNS)


def _order(timing: Timing) -> tuple[Any, ...]:
    return *timing.conditions.values.values(), timing.part
