"""Whole numbers that callers pass, Python's and numpy's."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sase_bench.errors import RequestError

__all__ = ["whole", "whole_numbers"]


def whole(number: Any, name: str) -> int:
    """`number` as an int. Raises `RequestError` for a fraction, a truth value or no number at all."""
    if not isinstance(number, bool | np.bool_):
        try:
            return operator.index(number)
        except TypeError:
            pass
    raise RequestError(f"{name} is a whole number, got {number!r}")


def whole_numbers(given: ArrayLike, name: str, shape: tuple[int]) -> NDArray[np.int64]:
    """A whole number, or an array of `shape`, as an array of `shape`. Raises `RequestError` for anything else."""
    numbers = np.asarray(given)
    if numbers.dtype.kind not in "iu" or numbers.shape not in ((), shape):
        raise RequestError(f"{name} is a whole number or {shape[0]} of them, got {given!r}")
    return np.broadcast_to(numbers.astype(np.int64), shape)
