import numpy as np
import pytest

from sase_bench.statistics.variances import digamma, moderated, trigamma


def test_the_functions_of_the_digamma_family_are_scipys() -> None:
    special = pytest.importorskip("scipy.special")
    x = np.asarray([0.5, 1.0, 1.5, 2.0, 3.7, 7.9, 8.0, 20.0, 1000.0])
    np.testing.assert_allclose(digamma(x), special.digamma(x), atol=1e-10)
    np.testing.assert_allclose(trigamma(x), special.polygamma(1, x), atol=1e-10)


def test_variances_that_are_equal_are_pooled_and_others_are_kept_apart() -> None:
    generator = np.random.default_rng(0)
    freedom = np.full(2000, 2)
    equal = generator.chisquare(2, 2000) / 2
    assert moderated(equal, freedom).values.std() < 0.25 * equal.std()
    assert moderated(equal, freedom).values.mean() == pytest.approx(1, abs=0.05)
    own = np.exp(generator.normal(0, 1.5, 2000))
    drawn = own * generator.chisquare(2, 2000) / 2
    found = moderated(drawn, freedom)
    errors = [np.mean((np.log(guess) - np.log(own)) ** 2) for guess in (found.values, drawn, np.full(2000, 1.0))]
    assert errors[0] < 0.8 * min(errors[1:])
    assert not found.is_common
    assert 2 < found.freedom[0] < 6


def test_too_few_variances_are_one_with_all_degrees_of_freedom() -> None:
    found = moderated(np.asarray([1.0, 4.0, np.nan]), np.asarray([2, 2, 0]))
    assert found.is_common
    assert found.values.tolist() == [2.5, 2.5, 2.5]
    assert found.freedom.tolist() == [4, 4, 4]
    assert moderated(np.zeros(5), np.full(5, 3)).values.tolist() == [0.0] * 5


@pytest.mark.parametrize("slope", [0.0, -1.0])
def test_a_variance_that_falls_with_the_mean_is_told_from_one_that_does_not(slope: float) -> None:
    generator = np.random.default_rng(1)
    means = generator.normal(5, 1, 300)
    true = 4 * np.exp(slope * (means - 5))
    found = moderated(true * generator.chisquare(2, 300) / 2, np.full(300, 2), means)
    assert found.is_common == (slope == 0)
    assert np.corrcoef(np.log(found.values), means)[0, 1] < -0.95 if slope else np.ptp(found.values) == 0
    assert np.abs(np.log(found.values / true)).mean() < 0.35


def test_a_variance_without_a_degree_of_freedom_is_that_of_the_line() -> None:
    generator = np.random.default_rng(2)
    means = np.append(np.linspace(0, 4, 200), [0.0, 4.0])
    squares = np.append(np.exp(means[:200]) * generator.chisquare(4, 200) / 4, [np.nan, np.nan])
    found = moderated(squares, np.append(np.full(200, 4), [0, 0]), means)
    np.testing.assert_allclose(np.log(found.values[-2:]), [0, 4], atol=0.4)
