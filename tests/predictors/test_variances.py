import numpy as np
import pytest

from sase_bench.predictors.anova import Posterior
from sase_bench.predictors.gaussian_process import GaussianProcess, LinearModel
from sase_bench.predictors.protocol import Observations
from sase_bench.predictors.tables import digits, expand
from sase_bench.predictors.variances import drawn_variances
from tests.predictors.synthetic import synthetic


@pytest.mark.parametrize("there", [True, False])
def test_pairs_and_residual_are_drawn_as_none_where_none_is_needed(there: bool) -> None:
    generator = np.random.default_rng(0)
    archs = np.sort(generator.permutation(117_649)[:80])
    y = digits()[archs, 1] + 2.0 * there * generator.normal(size=80) + generator.normal(0, 0.1, 80)
    found = drawn_variances(LinearModel.layout, Observations.of(archs, y, np.full(80, 0.1)), 40, 0)
    assert found.shape == (40, 23)
    assert (found >= 0).all()
    assert ((found[:, 7:22] == 0).all(1) == (found[:, 7:22] == 0).any(1)).all()  # all pairs or none
    told = (found[:, 7:].sum(1) > 0).mean()  # 80 scores do not tell pairs from a residual
    assert told == 1 if there else told < 1


def test_the_same_seed_draws_the_same() -> None:
    data = Observations.of(*synthetic(0).observe(40, 0))
    first, again, other = (drawn_variances(GaussianProcess.layout, data, 20, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_effects_are_those_of_draws_everywhere() -> None:
    """Mean and spread of some values, against draws of all 117,649 blocks, which have a residual besides."""
    data = Observations.of(*synthetic(0).observe(60, 0))
    posterior, blocks = Posterior(np.append(np.full(22, 0.1), 0.02), data), np.arange(0, 117_649, 1999)
    few, all_ = (np.random.default_rng(seed) for seed in (0, 1))
    effects = np.stack([expand(posterior.draw_effects(few))[blocks] for _ in range(200)])
    drawn = np.stack([posterior.draw(all_)[blocks] for _ in range(200)])
    np.testing.assert_allclose(effects.mean(0), drawn.mean(0), atol=5 * drawn.std(0).max() / np.sqrt(200))
    np.testing.assert_allclose(effects.var(0).mean() + 0.02, drawn.var(0).mean(), rtol=0.1)
