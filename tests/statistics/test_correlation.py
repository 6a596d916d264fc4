import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from sase_bench.statistics.correlation import kendall, ranks, spearman, spearman_interval

#: Two lists with many ties, or with none.
PAIRS = st.one_of(
    npst.arrays(np.float64, st.tuples(st.just(2), st.integers(2, 40)), elements=st.sampled_from([-1.0, 0.0, 0.5, 3.0])),
    npst.arrays(np.float64, st.tuples(st.just(2), st.integers(2, 40)), elements=st.floats(-9, 9), unique=True),
)


def test_ranks_are_within_a_seed_and_shared_by_equals() -> None:
    np.testing.assert_array_equal(ranks(np.asarray([[1.0, 9.0], [3.0, 9.0], [2.0, 1.0]])), [[1, 2.5], [3, 2.5], [2, 1]])


def test_rank_correlations_are_those_by_hand() -> None:
    x, y = np.asarray([1.0, 2, 3, 4]), np.asarray([1.0, 3, 2, 4])
    assert spearman(x, y) == pytest.approx(1 - 6 * 2 / (4 * 15))
    assert kendall(x, y) == pytest.approx((5 - 1) / 6)
    assert kendall(x, np.asarray([1.0, 1, 2, 3])) == pytest.approx(5 / np.sqrt(6 * 5))  # tau-b with one tie
    assert (spearman(x, -x), kendall(x, -x)) == pytest.approx((-1, -1))


@settings(deadline=None)
@given(PAIRS)
def test_kendalls_tau_is_what_comparing_all_pairs_gives(both: np.ndarray) -> None:
    one, other = (np.sign(values[:, None] - values) for values in both)
    weight = (one**2).sum() * (other**2).sum()
    expected = (one * other).sum() / np.sqrt(weight) if weight else np.nan
    assert kendall(*both) == pytest.approx(expected, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("values", [4, 10**6], ids=["tied", "distinct"])
@pytest.mark.parametrize("count", [3, 50, 1000])
def test_rank_correlations_are_those_of_scipy(count: int, values: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    x, y = np.random.default_rng(count).integers(0, values, (2, count)).astype(np.float64)
    y[: count // 2] += x[: count // 2]
    assert kendall(x, y) == pytest.approx(stats.kendalltau(x, y).statistic, abs=1e-12)
    assert spearman(x, y) == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-12)


def test_what_is_all_equal_correlates_with_nothing() -> None:
    equal, rising = np.zeros(5), np.arange(5.0)
    assert np.isnan([spearman(equal, rising), spearman(rising, equal), kendall(equal, rising), kendall(rising, equal)]).all()


def test_the_interval_of_spearmans_correlation_holds_the_truth_as_often_as_it_says() -> None:
    generator, inside = np.random.default_rng(0), 0
    truth = 6 / np.pi * np.arcsin(0.7 / 2)  # of a normal pair with correlation 0.7
    for _ in range(400):
        x, noise = generator.normal(size=(2, 40))
        low, high = spearman_interval(spearman(x, 0.7 * x + np.sqrt(1 - 0.7**2) * noise), 40) or (0.0, 0.0)
        inside += low < truth < high
    assert 0.91 < inside / 400 < 0.98
    assert spearman_interval(0.5, 3) is spearman_interval(1.0, 40) is None
