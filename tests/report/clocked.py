"""Networks that were timed, made up."""

from sase_bench.latency.comparisons import Compared, Work
from sase_bench.latency.timings import Conditions, Setting
from sase_bench.trunk import ResNetTrunk

OLD, NEW = (Conditions(setting=Setting(), processor="none", torch_version=version) for version in ("1", "2"))


def row(attention: str, work: Work, seconds: list[float], conditions: Conditions = NEW) -> Compared:
    """A ResNet-50; a thousand bytes are kept and four million held at once for each second of its first round."""
    return Compared(
        trunk=ResNetTrunk(depth=50).name,
        attention=attention,
        work=work,
        conditions=conditions,
        activations=None if work == "forward" else round(seconds[0] * 1000),
        peak=round(seconds[0] * 4_000_000),
        seconds=seconds,
        made_in=[f"2026/{number}" for number in range(len(seconds))],
        measured_at=f"2026-11-0{conditions.torch_version}",
    )
