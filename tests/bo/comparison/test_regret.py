from dataclasses import replace

import numpy as np
import pytest

from sase_bench.benchmark import Finished
from sase_bench.bo.comparison.regret import Truth, one_seed, trajectory
from sase_bench.errors import RequestError
from sase_bench.space import Architecture
from tests.bo.tables import POOL, TABLE, TRUTH


def finished(arch: int, top1: float | None, ended: float) -> Finished:
    return Finished(Architecture(arch), (0,), 12, None, top1, None, 0.0, ended)


def test_the_incumbent_is_what_looked_best_to_the_search() -> None:
    done = [finished(5, None, 1.0), finished(7, 0.5, 2.0), finished(9, 0.4, 3.0), finished(1, 0.6, 4.0)]
    found = trajectory(done, "val_top1")
    assert found.incumbents.tolist() == [-1, 7, 7, 1]
    assert found.seconds.tolist() == [1.0, 2.0, 3.0, 4.0]


def test_what_a_search_believes_best_goes_before_what_looked_best() -> None:
    done = [finished(5, 0.5, 1.0), finished(7, 0.4, 2.0), finished(9, 0.7, 3.0), finished(1, 0.8, 4.0)]
    assert trajectory(done, "val_top1", {2: 7, 4: 9}).incumbents.tolist() == [5, 7, 7, 9]
    assert trajectory(done, "val_top1", {}).incumbents.tolist() == [5, 5, 9, 1]


def test_regret_is_from_the_best_block_of_the_pool_with_every_seed() -> None:
    means, counts = TABLE.means("val_top1"), TABLE.counts()
    best = int(TABLE.archs[np.nanargmax(np.where(counts == 3, means, np.nan))])
    assert TRUTH.oracle == best
    regrets = TRUTH.regret(POOL.members)
    assert regrets[np.flatnonzero(POOL.members == best)] == 0
    assert (np.nan_to_num(regrets[counts == 3]) >= 0).all()
    assert np.isnan(TRUTH.regret(np.array([-1]))).all()


def test_the_top_is_a_share_of_the_blocks_with_every_seed_and_never_empty() -> None:
    order = POOL.members[np.argsort(-np.where(TABLE.counts() == 3, TABLE.means("val_top1"), 0))]
    assert (TABLE.counts() == 3).sum() == 292  # of 301
    assert TRUTH.top(0.02).tolist() == order[:5].tolist()
    assert TRUTH.top(0.0001).tolist() == [order[0]]


def test_a_block_that_was_lucky_with_few_seeds_is_neither_the_oracle_nor_at_the_top() -> None:
    lucky = int(np.flatnonzero(TABLE.counts() == 3)[5])
    status, top1 = TABLE.status.copy(), TABLE.val_top1.copy()
    status[lucky, 1:], top1[lucky, 1:], top1[lucky, 0] = -1, np.nan, 0.99
    truth = Truth.of(replace(TABLE, status=status, val_top1=top1), POOL, "val_top1")
    arch = TABLE.archs[[lucky]]
    assert truth.regret(arch)[0] < 0
    assert truth.oracle in truth.top(0.001)
    assert arch[0] not in truth.top(0.01)
    assert (truth.regret(truth.top(0.01)) >= 0).all()
    assert truth.oracle == TRUTH.oracle


def test_one_seed_is_the_same_luck_for_all_and_another_in_another_repeat() -> None:
    first, again, other = one_seed(TABLE, 0), one_seed(TABLE, 0), one_seed(TABLE, 1)
    assert ((first.status >= 0).sum(1) == 1).all()
    assert (first.status == again.status).all()
    assert (first.status != other.status).any()
    assert (first.status[first.status >= 0] == TABLE.status[first.status >= 0]).all()


def test_a_block_is_judged_by_the_runs_that_were_not_shown_freed_of_what_their_seeds_do_to_all() -> None:
    rng = np.random.default_rng(0)
    quality, levels = rng.normal(0.8, 0.01, len(TABLE.archs)), np.array([0.0, 0.02, -0.01])
    top1 = np.repeat((quality[:, None] + levels)[:, :, None], TABLE.epochs, axis=2)
    lucky = int(quality.argsort()[0])
    top1[lucky, 0] += 0.5
    table = replace(TABLE, val_top1=top1, status=np.zeros_like(TABLE.status))
    truth, shown = Truth.of(table, POOL, "val_top1"), one_seed(table, 0)
    status = np.full_like(table.status, -1)
    status[:, 1], status[lucky, 1], status[lucky, 0] = 0, -1, 0
    unseen = truth.without(replace(shown, status=status))
    worst = table.archs[[lucky]]
    assert truth.oracle == unseen.oracle == worst[0]
    assert truth.regret(table.archs).min() == 0
    best = table.archs[[quality.argmax()]]
    luck = 0.5 / len(quality)  # what is left of it in the level of its seed
    assert unseen.regret(best)[0] == pytest.approx(quality.min() - quality.max(), abs=luck)
    others = np.delete(np.arange(len(quality)), lucky)
    found = unseen.objective(table.archs[others])
    assert found - found.mean() == pytest.approx(quality[others].mean() - quality[others], abs=1e-12)


def test_where_blocks_have_one_run_it_cannot_be_shown_and_judge_too() -> None:
    status = TABLE.status.copy()
    status[:, 1:] = -1
    top1 = np.where((status >= 0)[:, :, None], TABLE.val_top1, np.nan)
    single = replace(TABLE, status=status, val_top1=top1)
    truth = Truth.of(single, POOL, "val_top1")
    with pytest.raises(RequestError, match="fill in a second seed of all blocks, or compare by --sees mean"):
        truth.without(one_seed(single, 0))


def test_a_pool_without_a_score_has_no_truth() -> None:
    nothing = replace(TABLE, status=np.ones_like(TABLE.status), val_top1=np.full_like(TABLE.val_top1, np.nan))
    with pytest.raises(RequestError, match="no run on digits ended ok"):
        Truth.of(nothing, POOL, "val_top1")
