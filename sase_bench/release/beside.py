"""What lies on a shelf beside the runs of proxies, and is released with them."""

from __future__ import annotations

from pathlib import Path

__all__ = ["files_beside"]

#: Files by their place on the shelf, as a pattern, and what is in them.
_BESIDE = {
    "latency/check.parquet": "random networks and blocks timed beside the sums of their parts (`latency check`)",
    "latency/comparisons.parquet": "networks with modules and blocks timed beside the plain one (`latency compare`)",
    "latency/operations.parquet": "seconds of every slot-operation in ResNet-20, 50 and 101 (`latency measure`, `… compose`)",
    "latency/slots.json": "seconds that each operation of each slot adds to these networks: the column `latency` (`release`)",
    "searches/*.json": "strengths that a differentiable search ended with (`bo --live --strategy differentiable`)",
}


def files_beside(shelf: Path) -> dict[Path, str]:
    """Those that are there, in order of their paths, and what is in each."""
    return {path: what for pattern, what in _BESIDE.items() for path in sorted(shelf.glob(pattern))}
