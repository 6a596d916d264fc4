"""The order of FLOPs as a search that takes no thought."""

from pathlib import Path

import numpy as np
import pytest

from sase_bench.cost import count
from sase_bench.database import Store
from sase_bench.report.largest import largest_first
from sase_bench.space import Space
from tests.records import DIGITS, made_up

BLOCKS = Space("tied").sample(12, seed=0)
SEARCH = ("digits", "tied", "val_loss")


def table(path: Path, losses: np.ndarray) -> Path:
    with Store(path, [DIGITS]) as store:
        for block, loss in zip(BLOCKS, losses, strict=True):
            for seed in range(2):
                store.append(made_up(block.index, seed, val_loss=float(loss) + seed))
    return path


def test_regrets_are_those_of_the_best_so_far_in_the_order_of_flops(tmp_path: Path) -> None:
    losses = np.random.default_rng(0).permutation(12) / 16
    found = largest_first(table(tmp_path / "table.duckdb", losses), *SEARCH)
    assert found is not None
    flops = count(DIGITS.trunk, BLOCKS).flops
    order = sorted(range(12), key=lambda place: (-flops[place], BLOCKS[place].index))
    expected = np.minimum.accumulate(losses[order])
    assert found.regrets == pytest.approx(expected.tolist())
    assert (found.blocks, found.best_at) == (12, 1 + order.index(int(losses.argmin())))
    assert found.best_place == (1, 1)  # the seeds differ for all blocks alike


def test_a_larger_score_that_is_better_counts_so(tmp_path: Path) -> None:
    path = table(tmp_path / "table.duckdb", np.arange(12) / 16)
    by_top1 = largest_first(path, "digits", "tied", "val_top1")
    assert by_top1 is not None
    assert by_top1.regrets[-1] == 0
    assert min(by_top1.regrets) >= 0


def test_nothing_is_said_of_a_proxy_that_the_table_has_not(tmp_path: Path) -> None:
    assert largest_first(table(tmp_path / "table.duckdb", np.arange(12.0)), "cifar10-8", "tied", "val_loss") is None
