"""The trunks that costs and latencies are known of, by name: ResNet-20 for CIFAR, ResNet-50 and 101, and the proxies'."""

from __future__ import annotations

from sase_bench.errors import unknown
from sase_bench.recipes.registry import PROXIES
from sase_bench.trunk import CifarTrunk, ResNetTrunk, Trunk

__all__ = ["DEFAULT_TRUNKS", "RESNET50", "TRUNKS", "find_trunk"]

#: The network that papers on attention modules give their costs for.
RESNET50 = ResNetTrunk(depth=50)

#: ResNet-20 for CIFAR, ResNet-50 and ResNet-101 for ImageNet.
DEFAULT_TRUNKS: tuple[Trunk, ...] = (CifarTrunk(depth=20), RESNET50, ResNetTrunk(depth=101))

#: Every trunk by its name: those above and those of the proxies.
TRUNKS: dict[str, Trunk] = {trunk.name: trunk for trunk in (*DEFAULT_TRUNKS, *(proxy.trunk for proxy in PROXIES.values()))}


def find_trunk(name: str) -> Trunk:
    """The trunk called `name`, or the only one whose name goes on after it (resnet50). Raises `RequestError` for others."""
    beginning = [full for full in TRUNKS if full.startswith(f"{name}-")]
    if name not in TRUNKS and len(beginning) != 1:
        raise unknown("trunk", name, beginning or [full for full in TRUNKS if full.startswith(name)] or TRUNKS)
    return TRUNKS[name if name in TRUNKS else beginning[0]]
