"""The candidates of BANANAS: mutants of the best blocks.

Source: White, Neiswanger & Savani, BANANAS, AAAI 2021 (arXiv 1910.11858): an ensemble, independent Thompson sampling, and
candidates by mutation. Theirs is an ensemble of small networks on encoded paths; a block here has six slots and no paths, and
the ensemble is a forest.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sase_bench.search.pool import History

__all__ = ["mutants_of_the_best"]

_PARENTS = 10  # best blocks whose neighbours are candidates


def mutants_of_the_best(history: History) -> NDArray[np.int64]:
    """The open neighbours of the ten best blocks told so far; every open block where there are none."""
    parents = sorted(history.objectives, key=history.objective)[:_PARENTS]
    found = {arch for parent in parents for arch in history.pool.neighbours(parent).tolist() if history.is_open(arch)}
    return np.asarray(sorted(found), dtype=np.int64) if found else history.open()
