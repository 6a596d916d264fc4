from math import pi, sqrt, tan

import numpy as np
import pytest

from sase_bench.statistics.means import half_width, normal_quantile, pooled, spread, t_quantile

#: Two-sided 95 % and 99 % quantiles as printed tables have them.
PRINTED = [
    (1, 12.706, 63.657),
    (2, 4.303, 9.925),
    (3, 3.182, 5.841),
    (4, 2.776, 4.604),
    (5, 2.571, 4.032),
    (10, 2.228, 3.169),
    (30, 2.042, 2.750),
    (100, 1.984, 2.626),
    (101, 1.984, 2.625),
    (1000, 1.962, 2.581),
]


@pytest.mark.parametrize(("degrees", "ninety_five", "ninety_nine"), PRINTED)
def test_quantiles_of_t_are_those_of_printed_tables(degrees: int, ninety_five: float, ninety_nine: float) -> None:
    assert t_quantile(0.95, degrees) == pytest.approx(ninety_five, abs=5e-4)
    assert t_quantile(0.99, degrees) == pytest.approx(ninety_nine, abs=6e-4)


def test_quantiles_of_t_with_one_and_two_degrees_have_closed_forms() -> None:
    assert t_quantile(0.95, 1) == pytest.approx(tan(pi / 2 * 0.95), rel=1e-12)
    assert t_quantile(0.95, 2) == pytest.approx(0.95 * sqrt(2 / (1 - 0.95**2)), rel=1e-12)


def test_the_quantile_falls_with_the_degrees_of_freedom_also_where_the_formula_changes() -> None:
    quantiles = [t_quantile(0.95, degrees) for degrees in range(1, 300)]
    assert quantiles == sorted(quantiles, reverse=True)
    assert quantiles[99] - quantiles[100] == pytest.approx(quantiles[98] - quantiles[99], rel=0.03)
    assert quantiles[-1] > normal_quantile(0.95) == pytest.approx(1.959964, abs=1e-6)


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


def test_pooling_weighs_groups_by_their_degrees_of_freedom() -> None:
    groups = [np.array([1.0, 2.0, 4.0]), np.array([3.0, 3.5]), np.array([9.0])]
    noise = pooled((len(group), float(np.std(group, ddof=1)) if len(group) > 1 else None) for group in groups)
    residuals = np.concatenate([group - group.mean() for group in groups])
    assert noise is not None
    assert (noise.sd, noise.degrees) == (pytest.approx(sqrt(np.sum(residuals**2) / 3)), 3)
    assert pooled([(1, None), (1, None)]) is None
