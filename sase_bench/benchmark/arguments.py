"""Whole numbers and blocks that callers pass, Python's and numpy's."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sase_bench.errors import RequestError
from sase_bench.space import Architecture, Space

__all__ = ["indices", "whole", "whole_numbers"]


def indices(archs: Any) -> NDArray[np.int64]:
    """The index of each of n blocks, shape (n,), 0..117,648. Raises `RequestError` for a single block, and for what is none."""
    is_one = isinstance(archs, str | Architecture) or not isinstance(archs, Iterable)
    if is_one or (isinstance(archs, np.ndarray) and archs.ndim != 1):
        raise RequestError(f"several blocks are a list of them, or an array of their indices, got {archs!r}")
    if isinstance(archs, np.ndarray) and archs.dtype.kind in "iu":
        if outside := archs[(archs < 0) | (archs >= len(Space("full")))].tolist():
            Architecture(outside[0])  # which says why it is none
        return archs.astype(np.int64)
    return np.asarray([Architecture.of(arch).index for arch in archs], dtype=np.int64)


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
