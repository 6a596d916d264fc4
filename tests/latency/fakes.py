"""Timings that nobody took: every part of a trunk takes a whole number of microseconds that follows from its place."""

from sase_bench.latency import Conditions, Part, Setting, Timing, find_trunk, parts_of

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
