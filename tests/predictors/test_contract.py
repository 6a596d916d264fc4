"""What holds for every predictor."""

from pathlib import Path

import numpy as np
import pytest

from sase_bench.errors import RequestError
from sase_bench.predictors import PREDICTORS, Prediction
from sase_bench.predictors.scores import rank_accuracy
from sase_bench.predictors.shelf import load
from tests.predictors.synthetic import Synthetic, synthetic

EVERYTHING = np.arange(117_649)


@pytest.fixture(scope="module", params=sorted(PREDICTORS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def table() -> Synthetic:
    return synthetic(seed=3)


@pytest.fixture(scope="module")
def prediction(name: str, table: Synthetic) -> Prediction:
    return PREDICTORS[name](seed=1).fit(*table.observe(120, 0)).predict(EVERYTHING)


def test_its_name_is_its_name(name: str) -> None:
    assert PREDICTORS[name].name == name


def test_every_block_gets_a_mean_and_an_sd(prediction: Prediction) -> None:
    assert prediction.mean.shape == prediction.sd.shape == (117_649,)
    assert prediction.mean.dtype == prediction.sd.dtype == np.float64
    assert np.isfinite(prediction.mean).all()
    assert (prediction.sd > 0).all()


def test_it_learns(prediction: Prediction, table: Synthetic) -> None:
    unseen = np.setdiff1d(table.archs, table.observe(120, 0)[0])
    found = rank_accuracy(prediction.mean[unseen], table.truth[unseen])
    assert found.tau > 0.5
    assert (prediction.mean - table.truth)[unseen].std() < 0.8 * table.truth[unseen].std()


def test_its_intervals_hold_about_as_many_as_they_say(name: str) -> None:
    inside, of = 0, 0
    for seed in range(3):
        table = synthetic(seed=seed)
        found = PREDICTORS[name](seed=seed).fit(*table.observe(150, seed)).predict(table.archs)
        unseen = ~np.isin(table.archs, table.observe(150, seed)[0])
        sd = np.sqrt(found.sd**2 + table.noise**2 / 3)
        inside += int((np.abs(table.scores.mean(1) - found.mean) <= 1.645 * sd)[unseen].sum())
        of += int(unseen.sum())
    assert 0.83 < inside / of < 0.96


def test_some_blocks_are_answered_as_in_all_and_in_any_order(name: str, table: Synthetic, prediction: Prediction) -> None:
    some = np.asarray([54983, 0, 117_648, 54983])
    found = PREDICTORS[name](seed=1).fit(*table.observe(120, 0)).predict(some)
    np.testing.assert_array_equal(found.mean, prediction.mean[some])
    np.testing.assert_array_equal(found.sd, prediction.sd[some])


def test_unit_and_direction_of_the_scores_do_not_matter(name: str, table: Synthetic, prediction: Prediction) -> None:
    archs, y, noise = table.observe(120, 0)
    turned = PREDICTORS[name](seed=1).fit(archs, 5 - 100 * y, 100 * noise).predict(EVERYTHING)
    if name in ("gp", "gp-flops", "linear"):  # trees break ties of splits by rounding
        np.testing.assert_allclose(turned.mean, 5 - 100 * prediction.mean, rtol=0, atol=0.02)
        np.testing.assert_allclose(turned.sd, 100 * prediction.sd, rtol=0.02)
    assert np.corrcoef(turned.mean, -prediction.mean)[0, 1] > 0.98
    assert 0.9 < np.mean(turned.sd) / (100 * np.mean(prediction.sd)) < 1.1


def test_noise_need_not_be_known(name: str, table: Synthetic) -> None:
    archs, y, _ = table.observe(120, 0)
    found = PREDICTORS[name]().fit(archs, y).predict(table.archs)
    assert rank_accuracy(found.mean, table.truth[table.archs]).tau > 0.5


def test_noisy_scores_count_less(name: str, table: Synthetic) -> None:
    """Half of the scores are worthless; saying so must help."""
    archs, y, noise = table.observe(120, 0)
    spoilt = np.arange(len(y)) % 2 == 0
    y = np.where(spoilt, y + np.random.default_rng(0).normal(0, 0.05, len(y)), y)
    told = PREDICTORS[name]().fit(archs, y, np.where(spoilt, 0.05, noise)).predict(table.archs)
    misled = PREDICTORS[name]().fit(archs, y, noise).predict(table.archs)
    errors = [float(np.mean((found.mean - table.truth[table.archs]) ** 2)) for found in (told, misled)]
    assert errors[0] < 0.8 * errors[1]


def test_the_same_seed_gives_the_same_answer(name: str, table: Synthetic, prediction: Prediction) -> None:
    again = PREDICTORS[name](seed=1).fit(*table.observe(120, 0))
    np.testing.assert_array_equal(again.predict(EVERYTHING).mean, prediction.mean)
    np.testing.assert_array_equal(again.sample(EVERYTHING[:9], 3, seed=4), again.sample(EVERYTHING[:9], 3, seed=4))
    assert (again.sample(EVERYTHING[:9], 3, seed=4) != again.sample(EVERYTHING[:9], 3, seed=5)).any()


def test_a_second_fit_forgets_the_first(name: str, table: Synthetic, prediction: Prediction) -> None:
    predictor = PREDICTORS[name](seed=1).fit(*table.observe(30, 5))
    assert (predictor.predict(EVERYTHING).mean != prediction.mean).any()
    np.testing.assert_array_equal(predictor.fit(*table.observe(120, 0)).predict(EVERYTHING).mean, prediction.mean)


def test_draws_have_the_mean_and_the_sd_of_the_prediction(name: str, table: Synthetic, prediction: Prediction) -> None:
    seen = table.observe(120, 0)[0]
    blocks = np.concatenate([seen[:20], np.setdiff1d(table.archs, seen)[::40]])
    drawn = PREDICTORS[name](seed=1).fit(*table.observe(120, 0)).sample(blocks, 300, seed=0)
    assert drawn.shape == (300, len(blocks))
    wrong = (drawn.mean(0) - prediction.mean[blocks]) / (prediction.sd[blocks] / np.sqrt(300))
    assert np.abs(wrong).max() < 5
    ratio = drawn.std(0) / prediction.sd[blocks]
    assert np.abs(ratio - 1).max() < 0.25
    assert abs(ratio.mean() - 1) < 0.05


def test_what_is_saved_is_what_is_loaded(name: str, table: Synthetic, prediction: Prediction, tmp_path: Path) -> None:
    predictor = PREDICTORS[name](seed=1).fit(*table.observe(120, 0))
    predictor.save(tmp_path / "there")
    for loaded in (PREDICTORS[name].load(tmp_path / "there"), load(tmp_path / "there")):
        found = loaded.predict(EVERYTHING)
        np.testing.assert_allclose(found.mean, prediction.mean, rtol=1e-12)
        np.testing.assert_allclose(found.sd, prediction.sd, rtol=1e-9)
        np.testing.assert_allclose(loaded.sample(EVERYTHING[:5], 2, 0), predictor.sample(EVERYTHING[:5], 2, 0), rtol=1e-9)
    assert {path.suffix for path in (tmp_path / "there").iterdir()} <= {".json", ".npz"}
    first = {path.name: path.read_bytes() for path in (tmp_path / "there").iterdir()}
    predictor.save(tmp_path / "again")
    assert {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()} == first


def test_few_scores_equal_scores_and_repeated_blocks_will_do(name: str) -> None:
    two = PREDICTORS[name]().fit(np.asarray([0, 54983]), np.asarray([1.0, 2.0])).predict(EVERYTHING)
    assert np.isfinite(two.mean).all()
    assert (two.sd > 0).all()
    equal = PREDICTORS[name]().fit(np.arange(5), np.full(5, 0.25), np.full(5, 0.01)).predict(EVERYTHING)
    np.testing.assert_allclose(equal.mean, 0.25, atol=1e-6)
    repeated = PREDICTORS[name]().fit(np.repeat([0, 7, 300], 4), np.tile([1.0, 2.0, 1.5, 1.2], 3), np.full(12, 0.1))
    assert np.isfinite(repeated.predict(EVERYTHING).sd).all()


@pytest.mark.parametrize(
    ("archs", "y", "noise", "message"),
    [
        ([1], [1.0], None, "a predictor is fitted on two or more scores, one an architecture, got the shapes"),
        ([1, 2], [1.0, 2.0, 3.0], None, r"got the shapes \[\(2,\), \(3,\)\]"),
        ([1, 117_649], [1.0, 2.0], None, r"an architecture's index lies in 0\.\.117648, got 1\.\.117649"),
        ([1, 2], [1.0, np.nan], None, "scores are finite, got 1 that are not; leave those blocks out"),
        ([1, 2], [1.0, 2.0], [0.1, -0.1], "the noise of a score is a standard deviation, got one that is negative"),
    ],
)
def test_what_cannot_be_fitted_is_refused(
    name: str, archs: list[int], y: list[float], noise: list[float] | None, message: str
) -> None:
    with pytest.raises(RequestError, match=message):
        PREDICTORS[name]().fit(np.asarray(archs), np.asarray(y), None if noise is None else np.asarray(noise))


def test_it_says_so_when_it_was_not_fitted(name: str, tmp_path: Path) -> None:
    for question in (
        lambda one: one.predict(EVERYTHING),
        lambda one: one.sample(EVERYTHING, 1, 0),
        lambda one: one.save(tmp_path),
    ):
        with pytest.raises(RequestError, match=f"the predictor {name} has not been fitted; call fit"):
            question(PREDICTORS[name]())


def test_a_folder_without_it_is_refused(name: str, tmp_path: Path, table: Synthetic) -> None:
    with pytest.raises(RequestError, match="there is no predictor in"):
        PREDICTORS[name].load(tmp_path / "nowhere")
    other = next(one for one in sorted(PREDICTORS) if one != name)
    PREDICTORS[other]().fit(*table.observe(20, 0)).save(tmp_path)
    with pytest.raises(RequestError, match=f"holds the predictor '{other}', not '{name}'"):
        PREDICTORS[name].load(tmp_path)
    (tmp_path / "model.json").write_text("{")
    with pytest.raises(RequestError, match="cannot be read as a predictor"):
        PREDICTORS[name].load(tmp_path)
