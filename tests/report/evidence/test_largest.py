"""The order of FLOPs as a search that takes no thought."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from sase_bench.benchmark import Benchmark
from sase_bench.bo.comparison import Truth
from sase_bench.bo.comparison.regret import one_seed
from sase_bench.cost import count
from sase_bench.database import Store
from sase_bench.report.evidence.largest import by_the_table
from sase_bench.search import Pool
from sase_bench.search.differentiable import write_found
from sase_bench.space import Architecture, Space
from tests.records import DIGITS, made_up
from tests.report.found import SEARCH
from tests.search.found import FOUND

BLOCKS = Space("tied").sample(12, seed=0)


def table(path: Path, losses: np.ndarray, blocks: Sequence[Architecture] = BLOCKS) -> Path:
    with Store(path, [DIGITS]) as store:
        for block, loss in zip(blocks, losses, strict=True):
            for seed in range(2):
                store.append(made_up(block.index, seed, val_loss=float(loss) + seed))
    return path


def test_regrets_are_those_of_the_best_so_far_in_the_order_of_flops(tmp_path: Path) -> None:
    losses = np.random.default_rng(0).permutation(12) / 16
    told = by_the_table(table(tmp_path / "table.duckdb", losses), SEARCH)
    assert told is not None
    found = told.largest
    flops = count(DIGITS.trunk, BLOCKS).flops
    order = sorted(range(12), key=lambda place: (-flops[place], BLOCKS[place].index))
    expected = np.minimum.accumulate(losses[order])
    assert found.regrets == pytest.approx(expected.tolist())
    assert (found.blocks, found.best_at) == (12, 1 + order.index(int(losses.argmin())))
    assert told.certainty is not None
    assert (told.certainty["oracle_place"], told.certainty["blocks"]) == ([1, 1], 12)  # the seeds differ for all blocks alike


def test_where_searches_saw_one_run_the_order_of_flops_is_shown_one_and_judged_by_the_others(tmp_path: Path) -> None:
    losses = np.random.default_rng(0).permutation(12) / 16
    path = tmp_path / "table.duckdb"
    with Store(path, [DIGITS]) as store:
        for block, loss in zip(BLOCKS, losses, strict=True):
            for seed in range(3):  # the third run of each has the blocks in the contrary order
                store.append(made_up(block.index, seed, val_loss=5 + float(-loss if seed == 2 else loss)))
    search = SEARCH | {"shown": "one seed", "judged_by": "the other seeds", "repeats": 4}
    told = by_the_table(path, search)
    assert told is not None
    table = Benchmark.load(path).measured()
    truth = Truth.of(table, Pool.of(Space("tied"), table.archs.tolist()), "val_loss")
    flops = count(DIGITS.trunk, BLOCKS).flops
    order = [BLOCKS[place].index for place in sorted(range(12), key=lambda place: (-flops[place], BLOCKS[place].index))]
    expected = np.zeros(12)
    for repeat in range(4):
        shown, incumbent, best = one_seed(table, repeat), -1, np.inf
        for place, arch in enumerate(order):
            row = table.row[arch]
            looked = float(table.val_loss[row, int(np.flatnonzero(shown.status[row] >= 0)[0]), -1])
            incumbent, best = (arch, looked) if looked < best else (incumbent, best)
            expected[place] += truth.without(shown).regret(np.asarray([incumbent]))[0] / 4
    assert told.largest.regrets == pytest.approx(expected.tolist())
    by_means = by_the_table(path, SEARCH)
    assert by_means is not None
    assert told.largest.regrets != pytest.approx(by_means.largest.regrets)


def test_a_larger_score_that_is_better_counts_so(tmp_path: Path) -> None:
    path = table(tmp_path / "table.duckdb", np.arange(12) / 16)
    by_top1 = by_the_table(path, SEARCH | {"metric": "val_top1"})
    assert by_top1 is not None
    assert by_top1.largest.regrets[-1] == 0
    assert min(by_top1.largest.regrets) >= 0


def test_what_a_search_that_was_really_run_found_is_in_its_pool(tmp_path: Path) -> None:
    path, chosen = tmp_path / "table.duckdb", Architecture.from_operations(FOUND.operations).index
    table(path, np.arange(12) / 16, Space("full").sample(12, seed=0))
    with Store(path, [DIGITS]) as store:
        for seed in range(2):
            store.append(made_up(chosen, seed))
    write_found(FOUND, tmp_path / "found.json")
    in_full = SEARCH | {"space": "full"}
    without, with_it = by_the_table(path, in_full), by_the_table(path, in_full, [tmp_path / "found.json"])
    assert without is not None
    assert with_it is not None
    assert with_it.largest.blocks == without.largest.blocks + 1 == 13


def test_nothing_is_said_of_a_proxy_that_the_table_has_not(tmp_path: Path) -> None:
    assert by_the_table(table(tmp_path / "table.duckdb", np.arange(12.0)), SEARCH | {"proxy": "cifar10-8"}) is None
