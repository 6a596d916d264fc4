import numpy as np
import pytest

from sase_bench.bo.statistics import average_ranks, beats, holm, mean_and_error


def test_ranks_are_shared_by_equals_and_the_critical_difference_is_nemenyis() -> None:
    found = average_ranks(np.array([[0.1, 0.2, 0.2, 0.4], [0.3, 0.1, 0.2, 0.4]] * 7))
    assert found.ranks.tolist() == [2.0, 1.75, 2.25, 4.0]
    assert found.critical_difference == pytest.approx(1.25, abs=0.005)  # Demšar 2006, section 3.2.2: 4 strategies, 14 repeats
    assert found.p_value < 1e-3


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
