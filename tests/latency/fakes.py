"""Timings, checks and comparisons that nobody made: a part takes a whole number of microseconds that follows from its place."""

from dataclasses import replace

from sase_bench.latency import Conditions, Part, Setting, Timing, compose_networks, find_trunk, parts_of
from sase_bench.latency.checks import Checked
from sase_bench.latency.comparisons import Compared
from sase_bench.space import Space

SMALL = "resnet8-w8-8px-1x10"  # the trunk of the proxy digits
CONDITIONS = Conditions(setting=Setting(), processor="made up", torch_version="0")


def fake_parts(name: str = SMALL, scale: float = 1e-6) -> dict[Part, float]:
    """Seconds by part: 1, 2, 3, ... times `scale`, in order of the parts."""
    return {part: scale * place for place, part in enumerate(parts_of(find_trunk(name)), 1)}


def fake_timings(
    name: str = SMALL, conditions: Conditions = CONDITIONS, scale: float = 1e-6, at: str = "2026-01-01"
) -> list[Timing]:
    """A timing of each part with one repetition below and one above the seconds of `fake_parts`, and one in between."""
    return [
        Timing(part=part, conditions=conditions, calls=1, passes=1, seconds=[0.5 * value, value, 2 * value], measured_at=at)
        for part, value in fake_parts(name, scale).items()
    ]


def compared(attention: str, seconds: list[float], **changes: object) -> Compared:
    conditions = Conditions(setting=Setting(), processor="none", torch_version="0")
    row = Compared(trunk="t", attention=attention, work="forward", conditions=conditions, seconds=seconds, measured_at="today")
    row.made_in = [f"today/{number}" for number in range(len(seconds))]
    return replace(row, **changes)  # type: ignore[arg-type]


def checked(kind: str = "networks", factor: float = 1.25, **changes: object) -> list[Checked]:
    """A check in which blocks took `factor` times the sum of their parts, to the last bit."""
    archs, parts = Space("full").sample(8, seed=0), fake_parts()
    composed, timed = (compose_networks(find_trunk(SMALL), parts, Space("full").digits(), f) for f in (1.0, factor))
    plain = parts[next(iter(parts))]
    row = Checked(
        trunk=SMALL, kind="networks", conditions=CONDITIONS, stage=None, arch=None, is_fit=False, composed=plain,
        seconds=[plain] * 3, measured_at="2026-01-01",
    )  # fmt: skip
    rows = [row] + [
        replace(
            row,
            arch=arch.index,
            is_fit=place % 2 == 0,
            composed=float(composed[arch.index]),
            seconds=[float(timed[arch.index])] * 3,
        )
        for place, arch in enumerate(archs)
    ]
    return [replace(row, kind=kind, **changes) for row in rows]  # type: ignore[arg-type]
