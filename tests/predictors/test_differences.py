import numpy as np
import pytest

from sase_bench.predictors.differences import Difference, differences, half_interval
from sase_bench.predictors.scores import rank_accuracy


@pytest.mark.parametrize("n", [100, 20])
def test_learners_of_equal_skill_seldom_differ_although_repeats_share_blocks(n: int) -> None:
    """Two ridge regressions, each on its own half of ten features that matter alike; taken as independent, over 30 % would."""
    generator, (blocks, tested, repeats, tables) = np.random.default_rng(0), (200, 100, 10, 150)
    corrected = naive = 0
    for _ in range(tables):
        features = generator.normal(size=(blocks, 10))
        y = features.sum(1) + generator.normal(0, 3, blocks)
        differences = []
        for _ in range(repeats):
            order = generator.permutation(blocks)
            train, test = order[:n], order[-tested:]
            halves = (features[:, :5], features[:, 5:])
            fits = [x @ np.linalg.solve(x[train].T @ x[train] + np.eye(5), x[train].T @ y[train]) for x in halves]
            found = [rank_accuracy(fit[test], y[test]).tau for fit in fits]
            differences.append(found[0] - found[1])
        ahead = np.asarray(differences)
        corrected += abs(ahead.mean()) > half_interval(ahead, blocks, tested)
        naive += abs(ahead.mean()) > 1.96 * ahead.std(ddof=1) / np.sqrt(repeats)
    assert corrected / tables < 0.1
    assert naive / tables > 0.3


def test_the_interval_of_a_difference_is_as_wide_as_shared_test_blocks_make_it() -> None:
    ahead = np.asarray([0.01, 0.03, 0.02, 0.06, 0.03])  # variance 0.00035, t(.975, 4) = 2.776445
    assert half_interval(ahead, 1400, 1000) == pytest.approx(2.776445 * np.sqrt(0.00035 * (1 / 5 + 1000 / 400)), rel=1e-6)
    assert np.isnan(half_interval(ahead[:1], 1400, 1000))


def test_every_pair_is_compared_once_and_can_be_turned() -> None:
    taus = {"gp": np.asarray([0.5, 0.7]), "linear": np.asarray([0.4, 0.4]), "flops": np.asarray([0.3, np.nan])}
    found = differences(taus, 10, blocks=40, tested=20)
    assert [(one.predictor, one.other) for one in found] == [("gp", "linear"), ("gp", "flops"), ("linear", "flops")]
    assert found[0].tau == pytest.approx(0.2)
    turned = found[0].turned()
    assert (turned.predictor, turned.tau, turned.low) == ("linear", -found[0].tau, -found[0].high)
    assert found[1] == Difference(n=10, predictor="gp", other="flops", tau=None, low=None, high=None)
