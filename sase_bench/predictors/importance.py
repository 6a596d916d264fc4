"""Which slots, and which pairs of slots, the scores of blocks depend on: a functional analysis of variance over the full space.

The share of a slot is the variance of its main effect in the variance of all 117,649 scores, that of a pair what both together
add to their main effects (fANOVA; Hutter, Hoos & Leyton-Brown, ICML 2014). Scores that were not measured are drawn from the
Gaussian process fitted on those that were, so that a share has an interval: the spread between draws of the posterior.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sase_bench.errors import RequestError
from sase_bench.predictors.gaussian_process import GaussianProcess
from sase_bench.predictors.protocol import Floats
from sase_bench.predictors.tables import subsets
from sase_bench.predictors.targets import Targets
from sase_bench.space import RADIX, SLOTS
from sase_bench.statistics.means import TAILS

__all__ = ["DRAWS", "LEAST_BLOCKS", "Share", "importance", "shares"]

#: As many blocks as main effects have free values, with the mean.
LEAST_BLOCKS = 37
DRAWS = 200

_NAMES = tuple(SLOTS)


class Share(NamedTuple):
    """What part of the variance of all scores is due to a slot, to a pair of slots, or (both None) to anything more; 0..1."""

    slot: str | None
    other: str | None  # None: the main effect of `slot`
    share: float
    low: float  # 95 % interval
    high: float


def importance(found: Targets, *, draws: int = DRAWS, seed: int = 0) -> list[Share]:
    """The shares of the 6 slots, of their 15 pairs, and of the rest. Raises `RequestError` for less than 37 measured blocks."""
    if len(found.archs) < LEAST_BLOCKS:
        raise RequestError(
            f"a share for each slot and pair needs at least {LEAST_BLOCKS} measured blocks, got {len(found.archs)} "
            f"on {found.proxy}"
        )
    model = GaussianProcess().fit(found.archs, found.y, found.noise)
    every = np.arange(RADIX ** len(SLOTS), dtype=np.int64)
    drawn = np.stack([shares(model.sample(every, 1, seed + number)[0]) for number in range(draws)])
    low, high = np.quantile(drawn, TAILS, axis=0)
    parts = [(_NAMES[slots[0]], _NAMES[slots[1]] if len(slots) == 2 else None) for slots in (*subsets(1), *subsets(2))]
    return [
        Share(slot, other, float(mean), float(a), float(b))
        for (slot, other), mean, a, b in zip([*parts, (None, None)], drawn.mean(0), low, high, strict=True)
    ]


def shares(scores: Floats) -> Floats:
    """The shares (22,) for scores (117649,) of all blocks in order: 6 main effects, 15 pairs, the rest. They add up to 1."""
    centred = scores.reshape((RADIX,) * len(SLOTS)) - scores.mean()
    total = float((centred**2).mean())
    if not total > 0:
        return np.full(1 + len(subsets(1)) + len(subsets(2)), np.nan)
    pairs = [centred.mean(tuple(set(range(len(SLOTS))) - set(slots))) for slots in subsets(2)]
    main = np.empty(len(SLOTS))
    for (i, j), table in zip(subsets(2), pairs, strict=True):
        main[i], main[j] = (table.mean(1) ** 2).mean(), (table.mean(0) ** 2).mean()
    both = [(table**2).mean() - main[i] - main[j] for (i, j), table in zip(subsets(2), pairs, strict=True)]
    found = np.array([*main, *both]) / total
    return np.append(found, 1 - found.sum())
