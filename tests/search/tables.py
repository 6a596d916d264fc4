"""A made-up table with the structure that tables of blocks have: main effects, pair interactions, and the noise of seeds."""

import numpy as np
from numpy.typing import NDArray

from sase_bench.benchmark import Measured
from sase_bench.record import Record
from sase_bench.search import Pool
from sase_bench.space import Space
from tests.records import made_up

_PAIRS = [(i, j) for i in range(6) for j in range(i)]


def true_scores(digits: NDArray[np.int64], seed: int = 0) -> NDArray[np.float64]:
    """Accuracies of blocks with the operation numbers (n, 6): sd 0.01 from slots, 0.006 from pairs, 0.003 of their own."""
    generator = np.random.default_rng(seed)
    main = generator.normal(0, 0.01 / np.sqrt(6), (6, 7))
    pairs = generator.normal(0, 0.006 / np.sqrt(15), (len(_PAIRS), 7, 7))
    own = generator.normal(0, 0.003, 7**6)[digits @ 7 ** np.arange(5, -1, -1)]
    scores = 0.7 + main[np.arange(6), digits].sum(1) + own
    return scores + sum(pairs[p, digits[:, i], digits[:, j]] for p, (i, j) in enumerate(_PAIRS))


def measured(space: str = "tied", *, seeds: int = 3, noise: float = 0.003, seed: int = 0, every: int = 1) -> Measured:
    """Every block of a space, or one of `every` few, with `noise` between seeds; runs take 10 to 30 s; a few have diverged."""
    pool = Pool.of(Space(space))
    archs, digits = pool.members[::every], pool.digits[::every]
    generator = np.random.default_rng(seed + 1)
    shape = (len(archs), seeds)
    top1 = true_scores(digits, seed)[:, None] + generator.normal(0, noise, shape)
    status = np.where(generator.random(shape) < 0.01, 1, 0).astype(np.int8)
    top1 = np.where(status == 0, top1, np.nan)
    row = np.full(7**6, -1, dtype=np.int32)
    row[archs] = np.arange(len(archs), dtype=np.int32)
    seconds = np.repeat(10 + digits.sum(1, keepdims=True) / 36 * 20.0, seeds, axis=1)
    return Measured(
        proxy="digits",
        archs=archs,
        seeds=np.arange(seeds),
        val_loss=(3 * (1 - top1))[:, :, None],
        val_top1=top1[:, :, None],
        train_loss=(3 * (1 - top1))[:, :, None],
        seconds=seconds[:, :, None],
        status=status,
        run_seconds=seconds,
        _test_loss=3 * (1 - top1),
        _test_top1=top1,
        row=row,
    )


def records(table: Measured) -> list[Record]:
    """The runs of a made-up table, to be put into a real one."""
    found = []
    for row, arch in enumerate(table.archs.tolist()):
        for column, seed in enumerate(table.seeds.tolist()):
            if table.status[row, column]:
                continue
            top1, loss = float(table.val_top1[row, column, 0]), float(table.val_loss[row, column, 0])
            scores = {"train_loss": loss, "val_loss": loss, "val_top1": top1, "test_loss": loss, "test_top1": top1}
            found.append(made_up(arch, seed, train_seconds=float(table.run_seconds[row, column]), eval_seconds=0.0, **scores))
    return found
