import numpy as np
import pytest

from sase_bench.statistics.means import CONFIDENCE, TAILS, Spread, central_interval, half_width, mean_and_error, spread


def test_spread_and_half_width_follow_numpy() -> None:
    values = [0.5, 0.25, 1.5, 0.125]
    mean, sd = spread(values)
    assert (mean, sd) == (pytest.approx(np.mean(values)), pytest.approx(np.std(values, ddof=1)))
    assert half_width(sd, 4) == pytest.approx(3.182446 * np.std(values, ddof=1) / 2, rel=1e-6)


def test_too_few_values_have_no_interval() -> None:
    assert spread([]) == (None, None)
    assert spread([0.5]) == (0.5, None)
    assert half_width(None, 1) is None
    assert half_width(0.5, 1) is None


def test_a_p_value_is_below_the_level_where_the_interval_is_without_zero() -> None:
    error = Spread(0.5, 5)
    assert error.p_value(error.half_width) == error.p_value(-error.half_width) == pytest.approx(1 - CONFIDENCE)
    assert error.p_value(0.0) == 1.0
    assert [Spread(0.0, 1).p_value(value) for value in (0.0, 0.25)] == [1.0, 0.0]


def test_an_interval_is_between_two_draws_and_what_is_undefined_may_lie_beyond_either_end() -> None:
    assert (1 - CONFIDENCE) / 2 == TAILS[0] == pytest.approx(1 - TAILS[1])
    drawn = np.random.default_rng(0).permutation(1001.0 * np.arange(1001) / 1001)
    assert central_interval(drawn) == (25, 975)
    drawn[drawn == 500] = np.nan
    assert central_interval(drawn) == (24, 976)


def test_means_leave_out_what_is_not_defined() -> None:
    assert mean_and_error(np.array([1.0, 3.0, np.nan])) == (2.0, 1.0)
    assert np.isnan(mean_and_error(np.array([np.nan]))).all()
    assert mean_and_error(np.array([1.0]))[0] == 1.0
