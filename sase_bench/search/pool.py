"""The blocks that a search may try, and the history of what it tried.

>>> import numpy as np
>>> pool = Pool.of(Space("tied"))
>>> len(pool), len(pool.neighbours(0)), pool.choices[0].tolist()
(2401, 24, [0, 0, 0, 0])
>>> history = History(pool)
>>> history.take(int(pool.members[0]))
>>> history.tell(0, 0.5)
>>> history.best, len(history.open())
(0, 2400)
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sase_bench.errors import RequestError
from sase_bench.space import SETS, SLOTS, Architecture, Space

__all__ = ["History", "Pool"]

#: Slot of each free choice of the tied space: the first one that draws from the set.
_FIRST_SLOT = [list(SLOTS.values()).index(name) for name in SETS]


@dataclass(frozen=True, eq=False)
class Pool:
    """The members of a space that may be tried: all of them, or those that a table holds."""

    space: Space
    members: NDArray[np.int64]  # (n,) indices in the full space, ascending

    @classmethod
    def of(cls, space: Space, measured: Iterable[int] | None = None) -> Pool:
        """All of `space`, or what it shares with `measured`. Raises `RequestError` where nothing is left."""
        members = space.indices.astype(np.int64)
        if measured is not None:
            members = members[np.isin(members, np.fromiter(measured, dtype=np.int64))]
        if not len(members):
            raise RequestError(f"no block of the {space.name} space was measured; name another space or table")
        return cls(space, members)

    def __len__(self) -> int:
        return len(self.members)

    def __iter__(self) -> Iterator[int]:
        return iter(self.members.tolist())

    def __contains__(self, arch: int) -> bool:
        return self.position(arch) is not None

    def position(self, arch: int) -> int | None:
        """The row of `members` that holds `arch`; None if none does."""
        row = int(np.searchsorted(self.members, arch))
        return row if row < len(self.members) and self.members[row] == arch else None

    @cached_property
    def digits(self) -> NDArray[np.int64]:
        """Operation numbers of every member, shape (n, 6)."""
        return np.asarray(Space("full").digits()[self.members], dtype=np.int64)

    @property
    def free_slots(self) -> list[int]:
        """The slots that can be chosen freely: all six, or in the tied space the first of each set."""
        return list(range(len(SLOTS))) if self.space.name == "full" else _FIRST_SLOT

    @cached_property
    def choices(self) -> NDArray[np.int64]:
        """The free choices of every member, shape (n, 6) in the full space, (n, 4) in the tied one."""
        return np.ascontiguousarray(self.digits[:, self.free_slots], dtype=np.int64)

    def neighbours(self, arch: int) -> NDArray[np.int64]:
        """The members that differ from `arch` in exactly one free choice."""
        chosen = np.asarray(Architecture(arch).digits)[self.free_slots]
        found: NDArray[np.int64] = self.members[(self.choices != chosen).sum(1) == 1]
        return found


class History:
    """What was asked for and what was told, in order. A block that was either is never open again."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.objectives: dict[int, float | None] = {}  # by block, in the order in which they were told
        self.pending: dict[int, None] = {}  # asked for, not yet told
        self._open = np.ones(len(pool), dtype=bool)

    def open(self) -> NDArray[np.int64]:
        """The members neither asked for nor told, ascending."""
        return self.pool.members[self._open]

    def is_open(self, arch: int) -> bool:
        row = self.pool.position(arch)
        return row is not None and bool(self._open[row])

    def take(self, arch: int) -> None:
        """`arch` is being asked for. Raises `RequestError` if it is not open."""
        if not self.is_open(arch):
            raise RequestError(f"block {arch} is not open: it was tried before, or is not in the pool")
        self._close(arch)
        self.pending[arch] = None

    def tell(self, arch: int, objective: float | None) -> None:
        """`objective` came of `arch`; None for a run without a score. Raises `RequestError` for a second result or nan."""
        if arch in self.objectives:
            raise RequestError(f"block {arch} was told before; a block has one result")
        if objective is not None and math.isnan(objective):
            raise RequestError(f"the result of block {arch} is not a number; tell None for a run without a score")
        Architecture(arch)  # raises for an index that is none
        self._close(arch)
        self.pending.pop(arch, None)
        self.objectives[arch] = objective

    @property
    def known(self) -> int:
        """Blocks asked for or told."""
        return len(self.objectives) + len(self.pending)

    @property
    def best(self) -> int | None:
        """The block with the smallest objective, the first of those that share it; None before there is one."""
        told = [(objective, arch) for arch, objective in self.objectives.items() if objective is not None]
        return min(told, key=lambda pair: pair[0])[1] if told else None

    def objective(self, arch: int) -> float:
        """The objective of a block that was told, infinite if it had no score."""
        objective = self.objectives[arch]
        return math.inf if objective is None else objective

    def draw(self, generator: np.random.Generator, among: NDArray[np.int64] | None = None) -> int | None:
        """Take a block uniformly from the open ones, or from those `among` them; None where there are none."""
        found = self.open() if among is None else np.asarray([arch for arch in among.tolist() if self.is_open(arch)])
        if not len(found):
            return None
        arch = int(found[generator.integers(len(found))])
        self.take(arch)
        return arch

    def _close(self, arch: int) -> None:
        row = self.pool.position(arch)
        if row is not None:
            self._open[row] = False
