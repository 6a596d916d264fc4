"""The differentiable search as a strategy: it trains by itself when it is first asked, and asks for one block."""

from __future__ import annotations

from collections.abc import Callable

from sase_bench.search.differentiable.found import Found
from sase_bench.search.pool import History, Pool

__all__ = ["DifferentiableSearch"]


class DifferentiableSearch:
    """`search(seed)` runs once; its arg-max block is the only one ever asked for, and `spent` is the training that it did."""

    def __init__(self, pool: Pool, seed: int = 0, *, search: Callable[[int], Found]) -> None:
        self.history = History(pool)
        self.found: Found | None = None
        self._search = search
        self._seed = seed

    @property
    def spent(self) -> float:
        return 0.0 if self.found is None else self.found.seconds

    def ask(self, count: int = 1) -> list[int]:
        if self.found is not None:
            return []
        self.found = self._search(self._seed)
        arch = self.found.choose(self.history.pool)
        if not self.history.is_open(arch):  # it was told before: there is nothing to ask
            return []
        self.history.take(arch)
        return [arch]

    def tell(self, arch: int, objective: float | None) -> None:
        self.history.tell(arch, objective)
