"""Local search: from a random block to the first better neighbour, again and again; from a new one when there is none.

Source: White, Nolen & Savani, Exploring the loss landscape in neural architecture search, UAI 2021 (arXiv 2005.02960), in the
variant that moves as soon as a neighbour is better, which they found best on small budgets.
"""

from __future__ import annotations

from itertools import islice

import numpy as np

from sase_bench.search.pool import History, Pool

__all__ = ["LocalSearch"]


class LocalSearch:
    """`initial` random blocks, then hill climbing from the best of them with random restarts."""

    spent = 0.0

    def __init__(self, pool: Pool, seed: int = 0, *, initial: int = 10) -> None:
        self.history = History(pool)
        self._generator = np.random.default_rng(seed)
        self._initial = initial
        self._here: int | None = None  # where the climb stands

    def ask(self, count: int = 1) -> list[int]:
        return list(islice(iter(self._next, None), count))

    def tell(self, arch: int, objective: float | None) -> None:
        self.history.tell(arch, objective)
        if objective is not None and (self._here is None or objective < self.history.objective(self._here)):
            self._here = arch

    def _next(self) -> int | None:
        if self.history.known >= self._initial and self._here is not None:
            arch = self.history.draw(self._generator, self.history.pool.neighbours(self._here))
            if arch is not None:
                return arch
            if not self.history.pending:  # every neighbour is worse: a local optimum
                self._here = None
        return self.history.draw(self._generator)
