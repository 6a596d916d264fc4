"""Seeds: as they are written on a command line, and those of the parts of a run.

>>> read_seeds("3"), read_seeds("0,7")
([0, 1, 2], [0, 7])
>>> derived_seed(0, "weights", "stem") == derived_seed(0, "weights", "head")
False
"""

from __future__ import annotations

import hashlib

from sase_bench.errors import RequestError

__all__ = ["derived_seed", "read_seeds"]

_MOST_SEEDS = 1000


def read_seeds(text: str) -> list[int]:
    """`3` is the seeds 0, 1, 2; `0,7` is these two."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and len(part) < 10 for part in parts):
        raise RequestError(f"seeds are a count (3) or a list (0,1,2), got {text!r}")
    numbers = [int(part) for part in parts]
    if len(numbers) > 1:
        return list(dict.fromkeys(numbers))
    if not 1 <= numbers[0] <= _MOST_SEEDS:
        raise RequestError(f"the number of seeds lies in 1..{_MOST_SEEDS}, got {numbers[0]}; a single seed S is 'S,S'")
    return list(range(numbers[0]))


def derived_seed(seed: int, *scope: str) -> int:
    """A 63-bit seed for the part of a run that `scope` names."""
    digest = hashlib.sha256("/".join([str(seed), *scope]).encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1
