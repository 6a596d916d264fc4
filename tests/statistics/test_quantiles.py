from math import pi, sqrt, tan

import numpy as np
import pytest

from sase_bench.statistics.quantiles import chi_squared_tail, f_quantile, normal_quantile, range_quantile, t_quantile, t_tail

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


@pytest.mark.parametrize("degrees", [1, 2, 5, 34, 100, 101, 1000])
def test_the_tail_of_t_is_that_of_scipy_and_what_its_quantile_leaves(degrees: int) -> None:
    student = pytest.importorskip("scipy.stats").t
    for t in (0.0, 0.5, -2.0, 4.5, 30.0):
        assert t_tail(t, degrees) == pytest.approx(2 * student.sf(abs(t), degrees), rel=1e-9)
    assert t_tail(t_quantile(0.95, degrees), degrees) == pytest.approx(0.05, abs=1e-8)


@pytest.mark.parametrize("probability", [0.001, 0.025, 0.5, 0.95, 0.975, 0.999])
@pytest.mark.parametrize("above", [1, 2, 11, 23, 55, 2400, 117_648])
@pytest.mark.parametrize("below", [2, 5, 22, 55, 4800, 235_296])
def test_quantiles_of_f_are_those_of_scipy(probability: float, above: int, below: int) -> None:
    fisher = pytest.importorskip("scipy.stats").f
    assert f_quantile(probability, above, below) == pytest.approx(fisher.ppf(probability, above, below), rel=1e-8)


@pytest.mark.parametrize("count", [2, 3, 4, 10, 40])
def test_quantiles_of_a_range_are_those_of_scipy(count: int) -> None:
    studentized_range = pytest.importorskip("scipy.stats").studentized_range
    assert range_quantile(0.95, count) == pytest.approx(studentized_range.ppf(0.95, count, np.inf), rel=1e-6)


@pytest.mark.parametrize(("count", "printed"), [(2, 2.772), (3, 3.314), (5, 3.858), (10, 4.474), (20, 5.012)])
def test_quantiles_of_a_range_are_those_of_printed_tables(count: int, printed: float) -> None:
    assert range_quantile(0.95, count) == pytest.approx(printed, abs=6e-4)
    assert range_quantile(0.95, 2) == pytest.approx(normal_quantile(0.95) * 2**0.5, rel=1e-9)


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 7, 30])
@pytest.mark.parametrize("x", [0.01, 1.0, 5.0, 40.0, 200.0])
def test_the_tail_of_chi_squared_is_that_of_scipy(x: float, degrees: int) -> None:
    chi2 = pytest.importorskip("scipy.stats").chi2
    assert chi_squared_tail(x, degrees) == pytest.approx(chi2.sf(x, degrees), rel=1e-10)
    assert chi_squared_tail(0.0, degrees) == 1.0
