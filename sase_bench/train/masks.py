"""Whether what an annotation calls its mask is one, before anything is trained on it.

COCO has three forms: polygons, run lengths as a list, and run lengths as text. pycocotools reads the last two without asking
whether the runs fill the image: where they end early, the rest of the mask is whatever was in memory. So the runs are counted
here; a mask that passes decodes, and always to the same.

>>> run_lengths("04000000000000")[:3]
[0, 4, 0]
>>> problem_of([[0, 0, 3, 0, 3, 3]], 4, 4) is None, problem_of({"size": [4, 4], "counts": "04"}, 4, 4)
(True, 'runs of 4 pixels in an image of 16')
"""

from __future__ import annotations

import math
from typing import Any

__all__ = ["are_finite", "problem_of", "run_lengths"]

#: The text of run lengths: six bits a character from this one on, of which one says that more belong to the number.
_FIRST, _CHARACTERS, _MORE, _NEGATIVE, _BITS = ord("0"), 64, 0x20, 0x10, 5

_SHORTEST = 6  # numbers in a polygon: pycocotools takes four for a box


def are_finite(values: Any) -> bool:
    """Whether `values` is a list of finite numbers."""
    if not isinstance(values, list) or not all(type(value) in (int, float) for value in values):
        return False
    try:
        return all(map(math.isfinite, values))
    except OverflowError:  # an integer beyond all floats
        return False


def problem_of(mask: Any, height: int, width: int) -> str | None:
    """What is wrong with the mask of an object in an image of `height` and `width` pixels; None where nothing is."""
    if isinstance(mask, list):
        whole = mask and all(are_finite(part) and len(part) >= _SHORTEST and len(part) % 2 == 0 for part in mask)
        return None if whole else "a polygon that is not x, y of three corners or more"
    if not isinstance(mask, dict) or not {"size", "counts"} <= mask.keys():
        return "no polygons and no run lengths"
    if mask["size"] != [height, width]:
        return f"a size of {mask['size']!r} in an image of {height}x{width} pixels"
    runs = run_lengths(mask["counts"])
    if runs is None:
        return "run lengths that cannot be read"
    return None if sum(runs) == height * width else f"runs of {sum(runs)} pixels in an image of {height * width}"


def run_lengths(counts: Any) -> list[int] | None:
    """The runs of a mask by turns of nothing and object, from text or from themselves; None where they are none.

    From the fourth on the text holds what a run has more than the run of the same kind before it.
    """
    runs: list[int] | None = counts if isinstance(counts, list) else _read(counts) if isinstance(counts, str) else None
    if runs is None or not all(type(run) is int and run >= 0 for run in runs):
        return None
    return runs


def _read(text: str) -> list[int] | None:
    runs: list[int] = []
    number = place = 0
    for character in text:
        bits = ord(character) - _FIRST
        if not 0 <= bits < _CHARACTERS:
            return None
        number |= (bits & ~_MORE) << place
        place += _BITS
        if not bits & _MORE:
            if bits & _NEGATIVE:
                number -= 1 << place
            runs.append(number + (runs[-2] if len(runs) > 2 else 0))
            number = place = 0
    return None if place else runs
