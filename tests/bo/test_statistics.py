import numpy as np
import pytest

from sase_bench.bo.statistics import average_ranks, beats, holm, mean_and_error


def test_ranks_and_critical_difference_are_those_of_demsar() -> None:
    """Table 6 of Demšar 2006: four classifiers on fourteen data sets; CD 1.25 at 5 %, his χ² 9.28 with three degrees."""
    auc = np.array([
        [.763, .768, .771, .798], [.599, .591, .590, .569], [.954, .971, .968, .967], [.628, .661, .654, .657],
        [.882, .888, .886, .898], [.936, .931, .916, .931], [.661, .668, .609, .685], [.583, .583, .563, .625],
        [.775, .838, .866, .875], [1.0, 1.0, 1.0, 1.0], [.940, .962, .965, .962], [.619, .666, .614, .669],
        [.972, .981, .9751, .975], [.957, .978, .946, .970],
    ])  # fmt: skip
    found = average_ranks(-auc)
    assert found.ranks == pytest.approx([3.143, 2.000, 2.893, 1.964], abs=0.001)
    assert found.p_value == pytest.approx(0.0259, abs=0.002)
    assert found.critical_difference == pytest.approx(1.25, abs=0.01)


def test_ranks_of_equals_are_equal() -> None:
    found = average_ranks(np.ones((5, 3)))
    assert found.ranks.tolist() == [2.0, 2.0, 2.0]
    assert np.isnan(found.p_value)
    assert average_ranks(np.array([[1.0, 2.0, 3.0]])).critical_difference == np.inf


def test_who_is_always_better_beats_and_who_is_equal_does_not() -> None:
    first, second = np.arange(30.0), np.arange(30.0) + 1
    assert beats(first, second) < 1e-5
    assert beats(second, first) > 0.99
    assert beats(first, first) == 1.0


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


def test_means_leave_out_what_is_not_defined() -> None:
    assert mean_and_error(np.array([1.0, 3.0, np.nan])) == (2.0, 1.0)
    assert np.isnan(mean_and_error(np.array([np.nan]))).all()
    assert mean_and_error(np.array([1.0]))[0] == 1.0
