"""Seeds as they are written on a command line.

>>> read_seeds("3"), read_seeds("0,7")
([0, 1, 2], [0, 7])
"""

from __future__ import annotations

from sase_bench.errors import RequestError

__all__ = ["read_seeds"]

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
