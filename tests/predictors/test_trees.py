from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost
from sklearn.tree import DecisionTreeRegressor

from sase_bench.predictors.bagging import bootstraps, calibrate, out_of_bag
from sase_bench.predictors.boosting import BoostedTrees
from sase_bench.predictors.features import costs, features
from sase_bench.predictors.forest import RandomForest
from sase_bench.predictors.protocol import Observations
from sase_bench.predictors.tables import digits
from tests.predictors.synthetic import synthetic


def test_boosters_are_scored_everywhere_as_block_by_block() -> None:
    predictor = BoostedTrees(seed=0).fit(*synthetic(0).observe(150, 0))
    assert predictor._chosen["max_depth"] >= 2
    whole = xgboost.DMatrix(features(), nthread=1)
    members = np.stack([booster.predict(whole) for booster in predictor._boosters])
    np.testing.assert_allclose(predictor._everywhere, members, atol=1e-4)
    scale, mean = predictor.fitted.scale, members.mean(0) * predictor.fitted.scale + predictor.fitted.centre
    np.testing.assert_allclose(predictor.predict(np.arange(117_649)).mean, mean, atol=1e-4 * scale)


def test_trees_fill_the_space_as_scikit_learn_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = []

    class Kept(DecisionTreeRegressor):
        def fit(self, *arguments: Any, **options: Any) -> Any:
            kept.append(self)
            return super().fit(*arguments, **options)

    monkeypatch.setattr("sklearn.tree.DecisionTreeRegressor", Kept)
    predictor = RandomForest(seed=0).fit(*synthetic(0).observe(60, 0))
    assert len(kept) == 100
    for number in (0, 99):
        np.testing.assert_allclose(predictor._everywhere[number], kept[number].predict(features()), rtol=1e-5, atol=1e-6)


def test_costs_are_numbers_of_every_block() -> None:
    assert {name: values.shape for name, values in costs("digits").items()} == dict.fromkeys(("params", "flops"), (117_649,))
    assert np.exp(costs("digits")["params"][5829]) == pytest.approx(69_814)


def test_numbers_beside_the_slots_are_seen_and_saved(tmp_path: Path) -> None:
    extras = {"oracle": np.random.default_rng(1).normal(size=117_649)}  # no slot tells anything of it
    archs = np.random.default_rng(0).permutation(117_649)[:200]
    plain, informed = (BoostedTrees(extras=beside).fit(archs, extras["oracle"][archs]) for beside in (None, extras))
    unseen = np.arange(0, 117_649, 500)
    errors = [np.abs(one.predict(unseen).mean - extras["oracle"][unseen]).mean() for one in (plain, informed)]
    assert errors[1] < 0.5 * errors[0]
    informed.save(tmp_path)
    np.testing.assert_array_equal(BoostedTrees.load(tmp_path).predict(unseen).mean, informed.predict(unseen).mean)


def test_boosters_grow_as_far_as_they_predict_what_they_did_not_see() -> None:
    generator = np.random.default_rng(0)
    archs = generator.permutation(117_649)[:300]
    effects = generator.normal(size=(6, 7))[np.arange(6), digits()[archs]].sum(1)
    noise = np.full(300, 0.05)
    assert BoostedTrees().fit(archs, effects, noise)._chosen["rounds"] == 60
    assert BoostedTrees().fit(archs, generator.normal(size=300), noise)._chosen["rounds"] == 7


def test_out_of_bag_means_leave_out_who_saw() -> None:
    members = np.asarray([[1.0, 2.0, 3.0], [3.0, 2.0, 9.0], [8.0, 8.0, 8.0]])
    seen = np.asarray([[0, 1, 1], [0, 0, 2], [1, 0, 1]])
    mean, spread = out_of_bag(members, seen)
    np.testing.assert_allclose(mean[:2], [2.0, 5.0])
    np.testing.assert_allclose(spread[:2], [np.sqrt(2), np.sqrt(18)])
    assert np.isnan(mean[2])
    assert np.isnan(spread[2])


def test_bootstraps_draw_as_many_as_there_are_and_never_just_one() -> None:
    seen = bootstraps(500, 2, np.random.default_rng(0))
    assert (seen.sum(1) == 2).all()
    assert (seen == 1).all()
    assert (bootstraps(50, 30, np.random.default_rng(0)).sum(1) == 30).all()


def test_the_spread_is_scaled_to_the_residuals_less_their_noise() -> None:
    generator = np.random.default_rng(0)
    n, count = 3000, 12
    own = generator.uniform(0.1, 1.0, n)
    truth = np.zeros(n)
    noise = np.full(n, 0.3)
    members = 2 * own * generator.normal(size=n) + own * generator.normal(size=(count, n))
    data = Observations(np.arange(n), truth + noise * generator.normal(size=n), noise, 0.0, 1.0)
    spread = calibrate(members, np.zeros((count, n), dtype=np.int64), data)
    assert spread.factor == pytest.approx(2.05, abs=0.15)
    predicted = spread.floor**2 + spread.factor**2 * members.var(0, ddof=1)
    assert predicted.mean() == pytest.approx((members.mean(0) ** 2).mean(), rel=0.2)


def test_an_error_that_noise_hides_is_not_taken_for_none() -> None:
    """Residuals of 150 scores tell an error of 0.3 badly from none where the noise is 1: the likeliest is often none."""
    n, count, error, noise = 150, 12, 0.3, 1.0
    generator, variances = np.random.default_rng(0), []
    for _ in range(40):
        members = error * generator.normal(size=n) + 0.01 * generator.normal(size=(count, n))
        data = Observations(np.arange(n), noise * generator.normal(size=n), np.full(n, noise), 0.0, 1.0)
        spread = calibrate(members, np.zeros((count, n), dtype=np.int64), data)
        variances.append(spread.floor**2)
    assert min(variances) > (error / 4) ** 2
    assert error**2 / 2 < np.mean(variances) < 2.5 * error**2
