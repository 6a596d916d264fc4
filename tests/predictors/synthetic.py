"""A table that nobody trained: main effects, pairs, some triples, a bent scale, and crossed noise of seeds."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sase_bench.database import Store
from sase_bench.predictors.tables import digits, expand
from tests.records import DIGITS, made_up


@dataclass(frozen=True)
class Synthetic:
    """Losses of k blocks with s seeds, and the truth of all blocks."""

    truth: NDArray[np.float64]  # (117649,)
    archs: NDArray[np.int64]  # (k,), ascending
    scores: NDArray[np.float64]  # (k, s)
    noise: float  # sd of one score

    def observe(self, n: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """n blocks, their means over seeds, and the sd of these means' errors."""
        rows = np.random.default_rng(seed).permutation(len(self.archs))[:n]
        means = self.scores[rows].mean(1)
        return self.archs[rows], means, np.full(n, self.noise / np.sqrt(self.scores.shape[1]))


def synthetic(
    seed: int = 0, *, tied: bool = True, blocks: int = 2401, seeds: int = 3, noise: float = 0.4, bend: float = 0.3
) -> Synthetic:
    """`noise` is in units of the truth's sd over the chosen blocks, which is 0.01 nat; `bend` makes bad blocks worse."""
    generator = np.random.default_rng(seed)
    main, pair, triple = (generator.standard_t(4, (count, 7**q)) for q, count in ((1, 6), (2, 15), (3, 20)))
    weight = generator.uniform(0.2, 1.0, 6)
    weight[1] = 1.5  # the excitation matters most, as in the pilots
    f = np.sum([weight[slot] * main[slot][digits()[:, slot]] for slot in range(6)], axis=0)
    f = f + expand(0.25 * pair[None])[0] + expand(0.08 * triple[None])[0]
    is_tied = (digits()[:, 1] == digits()[:, 2]) & (digits()[:, 3] == digits()[:, 4])
    pool = np.flatnonzero(is_tied) if tied else np.arange(len(f))
    archs = np.sort(generator.permutation(pool)[:blocks]).astype(np.int64)
    f = (f - f[archs].mean()) / f[archs].std()
    f = np.expm1(bend * f) / bend if bend else f
    truth = 1.8 + 0.01 * (f - f[archs].mean()) / f[archs].std()
    crossed = generator.normal(0, 0.01, seeds) + generator.normal(0, 0.01 * noise, (len(archs), seeds))
    return Synthetic(truth, archs, truth[archs, None] + crossed, 0.01 * noise)


def write(path: Path, table: Synthetic) -> Path:
    """The same as a table of runs on digits."""
    with Store(path, [DIGITS]) as store:
        for arch, scores in zip(table.archs.tolist(), table.scores.tolist(), strict=True):
            for seed, loss in enumerate(scores):
                store.append(made_up(arch, seed, val_loss=loss))
    return path
