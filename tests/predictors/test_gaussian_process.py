"""The structured answers against plain linear algebra on a small part of the space."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import check_grad, minimize

from sase_bench.predictors import PREDICTORS, anova
from sase_bench.predictors.anova import EFFECTS, Posterior
from sase_bench.predictors.gaussian_process import GaussianProcess, LinearModel
from sase_bench.predictors.protocol import Observations
from sase_bench.predictors.tables import digits
from tests.predictors.synthetic import synthetic

V = np.random.default_rng(7).uniform(0.02, 0.4, 23)
TRAIN = np.asarray([0, 5, 54983, 54983, 100, 2000, 117_648, 16_807, 33_333, 90_001])
ELSEWHERE = np.asarray([1, 54984, 60_000, 117_647, 54983, 0])


def covariance(a: NDArray[np.int64], b: NDArray[np.int64], *, own: bool) -> NDArray[np.float64]:
    """By the formula, one pair of blocks and one effect at a time."""
    found = np.zeros((len(a), len(b)))
    for i, one in enumerate(a):
        for j, other in enumerate(b):
            c = np.where(digits()[one] == digits()[other], 1.0, -1 / 6)
            found[i, j] = sum(v * np.prod(c[list(slots)]) for v, slots in zip(V, EFFECTS, strict=False))
            found[i, j] += V[-1] * (own and one == other)
    return found


def observations(*, known: bool) -> Observations:
    generator = np.random.default_rng(0)
    noise = generator.uniform(0.1, 0.5, len(TRAIN)) if known else None
    return Observations(TRAIN, generator.normal(size=len(TRAIN)), noise, 0.0, 1.0)


@pytest.mark.parametrize("known", [True, False], ids=["noise known", "noise not known"])
def test_the_posterior_is_that_of_plain_algebra(known: bool) -> None:
    data = observations(known=known)
    noise = np.diag(data.noise**2) if data.noise is not None else V[-1] * np.eye(len(TRAIN))
    k = covariance(TRAIN, TRAIN, own=known) + noise
    cross = covariance(ELSEWHERE, TRAIN, own=known)
    posterior = Posterior(V, data)
    np.testing.assert_allclose(posterior.mean()[ELSEWHERE], cross @ np.linalg.solve(k, data.y), atol=1e-6)
    prior = covariance(ELSEWHERE, ELSEWHERE, own=known)
    exact = prior - cross @ np.linalg.solve(k, cross.T)
    np.testing.assert_allclose(posterior.variance()[ELSEWHERE], np.diag(exact), atol=1e-6)
    generator = np.random.default_rng(3)
    drawn = np.stack([posterior.draw(generator)[ELSEWHERE] for _ in range(800)])
    np.testing.assert_allclose(np.cov(drawn.T), exact, atol=0.25 * np.diag(exact).max())
    np.testing.assert_allclose(drawn.mean(0), posterior.mean()[ELSEWHERE], atol=0.15)


@pytest.mark.parametrize("layout", [GaussianProcess.layout, LinearModel.layout], ids=["gp", "linear"])
@pytest.mark.parametrize("known", [True, False], ids=["noise known", "noise not known"])
def test_the_slope_of_the_evidence_is_that_of_differences(
    layout: anova.Layout, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def spy(loss: Any, start: Any, **options: Any) -> Any:
        point = start + np.random.default_rng(0).normal(0, 0.3, len(start))
        seen.append(check_grad(lambda x: loss(x)[0], lambda x: loss(x)[1], point) / np.linalg.norm(loss(point)[1]))
        return minimize(loss, start, **options)

    monkeypatch.setattr("scipy.optimize.minimize", spy)
    anova.maximise(layout, observations(known=known))
    assert len(seen) == 1
    assert seen[0] < 1e-3


def test_the_linear_model_is_ridge_regression_on_main_effects_and_pairs() -> None:
    """Primal, on 1 + 42 + 735 columns of centred indicators, with the penalties that were found."""
    table = synthetic(0)
    archs, y, noise = table.observe(80, 0)
    model = LinearModel().fit(archs, y, noise)
    data, v = model.posterior.data, model.posterior.variances
    unseen = np.setdiff1d(np.arange(0, 117_649, 1000), archs)
    operations, columns = digits()[np.concatenate([archs, unseen])], []
    for variance, slots in zip(v, EFFECTS, strict=False):
        block = np.ones((len(operations), 1))
        for slot in slots:
            centred = np.sqrt(7 / 6) * (np.eye(7)[operations[:, slot]] - 1 / 7)
            block = (block[:, :, None] * centred[:, None, :]).reshape(len(block), -1)
        columns.append(np.sqrt(variance) * block)
    phi = np.concatenate(columns, axis=1)
    weight = 1 / (data.noise**2 + v[-1])  # type: ignore[operator]
    rows = phi[: len(archs)]
    coefficients = np.linalg.solve(rows.T @ (weight[:, None] * rows) + np.eye(phi.shape[1]), rows.T @ (weight * data.y))
    expected = data.centre + data.scale * (phi[len(archs) :] @ coefficients)
    np.testing.assert_allclose(model.predict(unseen).mean, expected, atol=1e-7)


def test_of_many_observations_some_choose_the_variances_and_all_are_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anova, "_MOST", 50)
    table = synthetic(0)
    archs, y, noise = table.observe(300, 0)
    found, few = GaussianProcess().fit(archs, y, noise), GaussianProcess().fit(archs[:50], y[:50], noise[:50])
    errors = [(one.predict(table.archs).mean - table.truth[table.archs]).std() for one in (found, few)]
    assert errors[0] < 0.8 * errors[1]


def test_slots_that_do_nothing_get_little_variance() -> None:
    generator = np.random.default_rng(0)
    archs = generator.permutation(117_649)[:300]
    y = generator.normal(size=7)[digits()[archs, 1]] + 0.3 * generator.normal(size=7)[digits()[archs, 4]]
    v = GaussianProcess().fit(archs, y, np.full(300, 0.05)).posterior.variances[1:7]
    assert np.argsort(v)[::-1][:2].tolist() == [1, 4]
    assert v[[0, 2, 3, 5]].max() < 0.1 * v[4]


def test_a_block_that_was_measured_exactly_keeps_its_score() -> None:
    table = synthetic(1)
    archs, _, _ = table.observe(60, 0)
    found = PREDICTORS["gp"]().fit(archs, table.truth[archs], np.full(60, 1e-6)).predict(archs)
    np.testing.assert_allclose(found.mean, table.truth[archs], atol=1e-4)
    assert found.sd.max() < 2e-4


def test_blocks_that_share_slots_are_drawn_together() -> None:
    table = synthetic(2)
    drawn = GaussianProcess().fit(*table.observe(15, 0)).sample(np.asarray([50_000, 50_001, 7]), 120, 0)
    together, apart = np.corrcoef(drawn.T)[0, 1:]
    assert together > 0.3
    assert together > apart
