"""Which blocks and seeds are set beside each other, where not every block has every seed.

Notation: `there` (k, s) says whether block b has a score with seed s.

>>> import numpy as np
>>> there = np.array([[True, True, False], [True, True, False], [True, True, True]])
>>> most_informative(there).tolist()
[0, 1]
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["most_informative"]

Bools = NDArray[np.bool_]


def most_informative(there: Bools) -> NDArray[np.int64]:
    """The columns of the seeds that leave the most degrees of freedom for the noise, (blocks - 1)·(seeds - 1), ascending.

    Blocks are those with each of the seeds, and seeds are added in the order of how many blocks have them: a table that a
    sweep is still filling is judged by the seeds before the last. One seed where no two are shared by two blocks, all those of
    a single block; none without any score.
    """
    counts = there.sum(0)
    order = np.argsort(-counts, kind="stable")[: int((counts > 0).sum())]
    blocks = np.logical_and.accumulate(there[:, order], axis=1).sum(0)
    if not len(order):
        return order
    freedom = (blocks - 1) * np.arange(len(order))
    return np.sort(order[blocks >= blocks[freedom.argmax()]])
