"""Random search: blocks in a random order, each once."""

from __future__ import annotations

from itertools import islice

import numpy as np

from sase_bench.search.pool import History, Pool

__all__ = ["RandomSearch"]


class RandomSearch:
    """Uniform without replacement."""

    spent = 0.0

    def __init__(self, pool: Pool, seed: int = 0) -> None:
        self.history = History(pool)
        self._order = iter(np.random.default_rng(seed).permutation(pool.members).tolist())

    def ask(self, count: int = 1) -> list[int]:
        asked = list(islice((arch for arch in self._order if self.history.is_open(arch)), count))
        for arch in asked:
            self.history.take(arch)
        return asked

    def tell(self, arch: int, objective: float | None) -> None:
        self.history.tell(arch, objective)
