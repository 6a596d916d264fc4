"""Functions on all 117,649 blocks that are sums of tables over a few slots: exact, and in milliseconds.

Notation: a table of order q has one value for each choice of operations in q of the six slots, 7^q in base-7 order; there
are C(6, q) of them, in the order of `subsets(q)`. Whatever is a sum of such tables is written out for the whole space by
adding small arrays, not by asking a model 117,649 times.

A function without interactions of more than three slots (trees of depth three, for example) is known everywhere from its
values at the blocks that differ from block 0 in three slots or fewer: it is the sum of its cut components (Rabitz & Aliş
1999, cut-HDMR), f(x) = Σ_triples f(x_u, 0) - 3·Σ_pairs f(x_u, 0) + 6·Σ_slots f(x_u, 0) - 10·f(0).
"""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sase_bench.space import PLACES, RADIX, SLOTS, Space

__all__ = ["anchored", "anchors", "cells", "digits", "expand", "subsets"]

_SLOTS = len(SLOTS)


@cache
def subsets(order: int) -> tuple[tuple[int, ...], ...]:
    """All choices of `order` slots, in lexicographic order."""
    return tuple(combinations(range(_SLOTS), order))


@cache
def digits() -> NDArray[np.intp]:
    """Operation numbers of all blocks, shape (117649, 6)."""
    found = Space("full").digits().astype(np.intp)
    found.setflags(write=False)
    return found


def cells(operations: NDArray[Any], order: int) -> NDArray[np.intp]:
    """Where blocks with these operation numbers (n, 6) stand in each table of `order`, shape (n, C(6, order))."""
    places = RADIX ** np.arange(order - 1, -1, -1)
    return np.stack([operations[:, list(slots)] @ places for slots in subsets(order)], axis=1).astype(np.intp)


def expand(tables: NDArray[Any]) -> NDArray[Any]:
    """The sum of the tables at every block: from shape (..., C(6, q), 7^q) with q < 6 to (..., 117649)."""
    lead, order = tables.shape[:-2], round(np.log(tables.shape[-1]) / np.log(RADIX))
    groups: dict[int, NDArray[Any]] = {}  # by a slot that none of the group has: only these sums are as large as the space
    for number, slots in enumerate(subsets(order)):
        absent = min(set(range(_SLOTS)) - set(slots))
        table = tables[..., number, :].reshape(*lead, *(RADIX if slot in slots else 1 for slot in range(_SLOTS)))
        if absent not in groups:
            sizes = (1 if slot == absent else RADIX for slot in range(_SLOTS))
            groups[absent] = np.zeros((*lead, *sizes), dtype=tables.dtype)
        groups[absent] += table
    total = np.zeros((*lead, *[RADIX] * _SLOTS), dtype=tables.dtype)
    for group in groups.values():
        total += group
    return total.reshape(*lead, -1)


@cache
def anchors() -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """The blocks that differ from block 0 in at most three slots, and the place of each cell of the 20 tables among them."""
    operations = np.zeros((len(subsets(3)), RADIX**3, _SLOTS), dtype=np.int64)
    numbers = np.asarray(list(np.ndindex(RADIX, RADIX, RADIX)))
    for number, slots in enumerate(subsets(3)):
        operations[number][:, list(slots)] = numbers
    blocks = operations @ np.asarray(PLACES)
    unique, places = np.unique(blocks, return_inverse=True)
    return unique, places.reshape(blocks.shape)


def anchored(values: NDArray[Any]) -> NDArray[Any]:
    """The tables of order three, (..., 20, 343), of a function with the given values (..., 4897) at the first of `anchors()`.

    Every pair lies in 4 triples, every slot in 10, so each triple takes its share of the lower orders.
    """
    f = values[..., anchors()[1]].reshape(*values.shape[:-1], len(subsets(3)), RADIX, RADIX, RADIX)
    pairs = f[..., :, :, :1] + f[..., :, :1, :] + f[..., :1, :, :]
    slots = f[..., :, :1, :1] + f[..., :1, :, :1] + f[..., :1, :1, :]
    tables = f - 3 / 4 * pairs + 6 / 10 * slots - 10 / 20 * f[..., :1, :1, :1]
    return np.asarray(tables.reshape(*f.shape[:-3], -1))
