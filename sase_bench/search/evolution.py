"""Regularised evolution: the best of a few members of a population has a mutant, and the oldest member dies.

Source: Real, Aggarwal, Huang & Le, Regularized evolution for image classifier architecture search, AAAI 2019
(arXiv 1802.01548). Their population of 100 is longer than the budgets here; sizes are scaled down.
"""

from __future__ import annotations

from collections import deque
from itertools import islice

import numpy as np

from sase_bench.search.pool import History, Pool

__all__ = ["RegularisedEvolution"]


class RegularisedEvolution:
    """A population of the `population` blocks told last; a parent is the best of `tournament` of them drawn at random."""

    spent = 0.0

    def __init__(self, pool: Pool, seed: int = 0, *, population: int = 20, tournament: int = 10) -> None:
        self.history = History(pool)
        self._generator = np.random.default_rng(seed)
        self._alive: deque[int] = deque(maxlen=population)
        self._tournament = tournament

    def ask(self, count: int = 1) -> list[int]:
        return list(islice(iter(self._next, None), count))

    def tell(self, arch: int, objective: float | None) -> None:
        self.history.tell(arch, objective)
        self._alive.append(arch)

    def _next(self) -> int | None:
        if self.history.known < (self._alive.maxlen or 0) or not self._alive:
            return self.history.draw(self._generator)
        entrants = self._generator.integers(len(self._alive), size=self._tournament).tolist()
        for place in sorted(set(entrants), key=lambda entrant: self.history.objective(self._alive[entrant])):
            mutant = self.history.draw(self._generator, self.history.pool.neighbours(self._alive[place]))
            if mutant is not None:
                return mutant
        return self.history.draw(self._generator)
