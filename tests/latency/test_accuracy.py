import numpy as np
import pytest

from sase_bench.errors import RequestError
from sase_bench.latency.accuracy import accuracy, of_exact, repeatability
from sase_bench.statistics.correlation import spearman

ODD = np.arange(10) % 2 == 1


def test_sums_that_are_exact_agree_exactly() -> None:
    x = np.linspace(1, 2, 10)
    found = accuracy(x, x, ODD, (0.5, 0.5))
    assert (found.samples, found.error, found.corrected_error, found.largest_error, found.residual) == (10, 0, 0, 0, 0)
    assert (found.spearman, found.kendall, found.factor, found.drift) == pytest.approx((1, 1, 1, 1))


def test_a_factor_on_the_blocks_is_found_in_one_half_and_corrects_the_other() -> None:
    blocks = np.linspace(1, 2, 10)
    found = accuracy(3 + blocks, 3 + 1.25 * blocks, ODD, (3.0, 3.0))
    assert found.factor == pytest.approx(1.25)
    assert found.error == pytest.approx(np.median(0.25 * blocks / (3 + 1.25 * blocks)))
    assert (found.corrected_error, found.mean_error) == pytest.approx((0, 0))
    assert found.bias == pytest.approx(-found.error)
    assert (found.held_out, found.held_out_spearman) == (5, pytest.approx(1))


def test_a_machine_that_became_slower_for_everything_changes_neither_the_factor_nor_the_error() -> None:
    blocks = np.linspace(1, 2, 10)
    found = accuracy(3 + blocks, 1.5 * (3 + 1.25 * blocks), ODD, (3.0, 4.5))
    assert (found.factor, found.drift) == pytest.approx((1.25, 1.5))
    assert found.corrected_error == pytest.approx(0)


def test_timings_that_keep_their_order_repeat_and_single_ones_cannot() -> None:
    seconds = [[1.0, 2.0, 1.1, 2.1], [1.2, 2.2, 1.3, 2.3], [1.4, 2.4, 1.5, 2.5]]
    assert repeatability(seconds) == pytest.approx(1)
    turned = [[one[0], other[1], one[2], other[3]] for one, other in zip(seconds, seconds[::-1], strict=True)]
    assert repeatability(turned) == pytest.approx(-1)
    assert np.isnan(of_exact(turned).value)
    assert np.isnan([repeatability([*seconds, [1.0]]), of_exact([*seconds, [1.0]]).value]).all()


def test_load_that_moved_between_visits_is_no_difference_of_the_halves() -> None:
    generator = np.random.default_rng(0)
    first, second = generator.normal(10, 1, (2, 50, 1))  # nothing in common: what each visit found
    assert repeatability(np.hstack([first, first, second, second]).tolist()) == pytest.approx(1)


@pytest.mark.parametrize("repeats", [2, 6])
def test_an_exact_prediction_agrees_better_with_noisy_timings_than_they_do_with_themselves(repeats: int) -> None:
    generator = np.random.default_rng(0)
    exact = generator.normal(10, 1, 4000)
    timed = exact[:, None] + generator.normal(0, 1.1, (4000, repeats))
    found = of_exact(timed[:200].tolist())
    truth = spearman(exact, np.median(timed, axis=1))
    assert repeatability(timed.tolist()) < truth - 0.1
    assert found.low < truth < found.high
    assert found.high - found.low < 0.25
    assert found.value == pytest.approx(truth, abs=0.05)


def test_what_is_only_wrong_in_the_second_half_shows_in_its_errors_and_not_in_the_factor() -> None:
    x = np.ones(10) + np.arange(10) / 100
    found = accuracy(x, np.where(ODD, x, 2 * x), ODD)
    assert (found.factor, found.corrected_error, found.largest_error) == pytest.approx((1, 0.5, 0.5))
    assert found.mean_error == pytest.approx(0.5)
    assert np.isnan(found.drift)


def test_a_half_with_one_sample_is_refused() -> None:
    with pytest.raises(RequestError, match="a check takes at least 4 blocks, got 3"):
        accuracy(np.ones(3), np.ones(3), np.asarray([True, False, True]))
