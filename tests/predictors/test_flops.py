"""What the FLOPs of a block predict."""

import numpy as np
import pytest

from sase_bench.cost import count, find_trunk
from sase_bench.predictors import predictor
from sase_bench.predictors.flops import FlopsLine, GaussianProcessOverFlops
from sase_bench.space import Space

EVERYTHING = np.arange(117_649)
SOME = np.asarray([arch.index for arch in Space("full").sample(40, seed=0)])


def logarithms(trunk: str) -> np.ndarray:
    return np.log(count(find_trunk(trunk), Space("full").digits()).flops)


@pytest.mark.parametrize("trunk", ["resnet20", "resnet50"])
def test_a_score_that_is_a_line_over_log_flops_is_predicted_everywhere(trunk: str) -> None:
    truth = 3.0 - 0.25 * logarithms(trunk)
    found = FlopsLine(trunk=find_trunk(trunk)).fit(SOME, truth[SOME], np.full(40, 1e-6)).predict(EVERYTHING)
    assert np.corrcoef(found.mean, truth)[0, 1] == pytest.approx(1.0)
    assert np.abs(found.mean - truth).max() < 0.1 * np.ptp(truth)  # a few scores leave the slope a little short
    assert (np.abs(found.mean - truth) < 2 * found.sd).all()


def test_few_scores_do_not_make_a_steep_line() -> None:
    x = logarithms("resnet20")
    two = np.asarray([SOME[np.argmin(x[SOME])], SOME[np.argmax(x[SOME])]])
    full = (0.0 - 1.0) / (x[two[1]] - x[two[0]])
    line = FlopsLine().fit(two, np.asarray([1.0, 0.0]))
    found = line.predict(two).mean
    assert 0.3 < (found[1] - found[0]) / (x[two[1]] - x[two[0]]) / full < 0.95


def test_scores_with_less_noise_weigh_more() -> None:
    x = logarithms("resnet20")[SOME]
    y = np.where(np.arange(40) < 20, (x.mean() - x) / x.std(), np.random.default_rng(0).normal(size=40))
    noise = np.where(np.arange(40) < 20, 0.01, 10.0)
    weighed, plain = (FlopsLine().fit(SOME, y, given).line.slope for given in (noise, None))
    assert weighed < plain < 0


def test_equal_scores_make_a_level_line() -> None:
    found = FlopsLine().fit(SOME, np.full(40, 2.0)).predict(EVERYTHING)
    assert (found.mean == 2.0).all()
    assert (found.sd > 0).all()


def test_the_process_over_the_line_is_better_than_either_where_both_have_a_part() -> None:
    x = logarithms("resnet20")
    gates = np.asarray([0.4, -0.3, 0.2, 0.0, -0.4, 0.3, -0.2])
    truth = -(x - x.mean()) / x.std() + gates[Space("full").digits()[:, 2]]
    errors = {
        name: np.sqrt(np.mean((predictor(name).fit(SOME, truth[SOME]).predict(EVERYTHING).mean - truth) ** 2))
        for name in ("gp", "gp-flops")
    }
    errors["flops"] = np.sqrt(np.mean((FlopsLine().fit(SOME, truth[SOME]).predict(EVERYTHING).mean - truth) ** 2))
    assert errors["gp-flops"] < 0.8 * min(errors["gp"], errors["flops"])


def test_a_predictor_counts_in_the_trunk_that_it_is_given() -> None:
    made = predictor("gp-flops", trunk=find_trunk("resnet50"))
    assert isinstance(made, GaussianProcessOverFlops)
    assert made.line.trunk == find_trunk("resnet50")
    assert GaussianProcessOverFlops().line.trunk == find_trunk("resnet20")
