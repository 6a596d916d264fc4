"""How often the intervals of shares hold the truth: tables with shares that are known, measured again and again."""

import numpy as np
import pytest
from numpy.typing import NDArray

from sase_bench.predictors.importance import importance, shares
from sase_bench.predictors.tables import cells, digits
from sase_bench.predictors.targets import Targets

SLOTS = np.asarray([0.03, 0.05, 0.02, 0.33, 0.30, 0.27])  # much like those of a measured table
REST, NOISE = 0.05, 0.06  # of the variance of the scores


def table(blocks: int, pairs: float, seed: int) -> tuple[Targets, NDArray[np.float64]]:
    """A measured table whose pairs have the share `pairs`, and the true shares (24,) of slots, pairs, rest, and both sums.

    Pairs are of unequal weight, much more so for odd seeds.
    """
    generator = np.random.default_rng([seed, blocks, round(100 * pairs)])
    main, pair = generator.normal(size=(6, 7)), generator.normal(size=(15, 7, 7))
    main -= main.mean(1, keepdims=True)
    main *= np.sqrt(SLOTS / SLOTS.sum() * (1 - pairs - REST) / (main**2).mean(1))[:, None]
    pair -= pair.mean(1, keepdims=True)
    pair -= pair.mean(2, keepdims=True)
    weights = generator.dirichlet(np.full(15, 0.3 if seed % 2 else 2.0))
    pair *= np.sqrt(pairs * weights / (pair**2).mean((1, 2)))[:, None, None]
    numbers = [(i, j) for i in range(6) for j in range(i + 1, 6)]
    tables = pair + np.stack([(main[i][:, None] + main[j]) / 5 for i, j in numbers])
    archs = np.sort(generator.choice(7**6, blocks, replace=False)).astype(np.int64)
    places = cells(digits()[archs], 2)
    truth = tables.reshape(15, 49)[np.arange(15), places].sum(1) + np.sqrt(REST) * generator.normal(size=blocks)
    y = truth + np.sqrt(NOISE) * generator.normal(size=blocks)
    noise = np.full(blocks, np.sqrt(NOISE))
    found = Targets("digits", "val_loss", "full", archs, y, noise, np.full(blocks, 3), np.repeat(y[:, None], 3, 1), (0, 1, 2))
    true = shares(tables.reshape(15, 49), REST)
    return found, np.append(true, [true[6:21].sum(), true[6:].sum()])


def held(blocks: int, pairs: float, seed: int) -> NDArray[np.bool_]:
    """Whether each of the 24 intervals has the true share in it."""
    found, truth = table(blocks, pairs, seed)
    intervals = importance(found, draws=150, seed=seed)
    return np.asarray([one.low <= true + 1e-9 and true <= one.high for one, true in zip(intervals, truth, strict=True)])


@pytest.mark.slow
@pytest.mark.parametrize("blocks", [67, 97])
def test_intervals_hold_the_truth(blocks: int) -> None:
    inside = np.stack([held(blocks, pairs, seed) for pairs in (0.0, 0.05, 0.2, 0.4) for seed in (0, 1)])
    assert inside[:, :6].mean() >= 0.85
    assert inside[:, 6:21].mean() >= 0.75
    assert inside[:, 21:].mean() >= 0.75  # of 24, of which three a table go together
