from collections.abc import Callable

import numpy as np
import pytest

from sase_bench.errors import RequestError
from sase_bench.statistics.correlation import ranks
from sase_bench.statistics.reliability import (
    Estimate,
    bootstrap,
    estimate_icc,
    estimate_reliability,
    icc,
    reliability,
    seeds_for,
    spearman_brown,
    validity,
)


def simulated(
    blocks: int, seeds: int, own: float, noise: float, seed: int = 0, shared: float = 3.0
) -> tuple[np.ndarray, np.ndarray]:
    """Scores whose variances are known, with a large effect of the seed that all blocks share, and the blocks' true values."""
    generator = np.random.default_rng(seed)
    truth = generator.normal(0, np.sqrt(own), blocks)
    common = generator.normal(0, np.sqrt(shared), seeds)
    return truth[:, None] + common + generator.normal(0, np.sqrt(noise), (blocks, seeds)), truth


def test_known_shares_of_variance_are_found() -> None:
    y, _ = simulated(4000, 4, own=1.0, noise=1.0)
    assert icc(y) == pytest.approx(0.5, abs=0.03)
    assert reliability(y) == pytest.approx(0.8, abs=0.03)
    assert reliability(y, 1) == pytest.approx(icc(y))


def test_icc_agrees_with_a_table_worked_by_hand() -> None:
    """Shrout & Fleiss 1979, table 2: six targets, four judges; ICC(3,1) = .71 and ICC(3,4) = .91 (consistency)."""
    ratings = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    y = np.asarray(ratings, dtype=np.float64)
    assert round(icc(y), 2) == 0.71
    assert round(reliability(y), 2) == 0.91


def test_reliability_predicts_the_correlation_of_disjoint_seeds() -> None:
    y, _ = simulated(5000, 6, own=1.0, noise=2.0)
    observed = np.corrcoef(y[:, :3].mean(1), y[:, 3:].mean(1))[0, 1]
    assert reliability(y[:, :3]) == pytest.approx(observed, abs=0.03)


def test_pure_noise_has_a_reliability_around_zero_and_may_fall_below() -> None:
    values = [icc(simulated(20, 2, own=0.0, noise=1.0, seed=seed)[0]) for seed in range(200)]
    assert abs(np.mean(values)) < 0.05
    assert min(values) < -0.2


def test_validity_sees_through_the_noise_of_both_sides() -> None:
    y, truth = simulated(4000, 3, own=1.0, noise=2.0)
    generator = np.random.default_rng(5)
    other = 0.6 * truth + 0.8 * generator.normal(size=4000)
    reference = other[:, None] + generator.normal(0, 1, (4000, 2))
    assert np.corrcoef(y.mean(1), reference.mean(1))[0, 1] < 0.45
    assert validity(y, reference) == pytest.approx(0.6, abs=0.06)


def test_validity_is_not_defined_where_there_is_only_noise() -> None:
    y = np.asarray([[0.0, 1.0], [1.0, 0.0], [0.5, 0.5]])
    assert np.isnan(validity(y, simulated(3, 2, 1, 0.1)[0]))
    assert str(Estimate(float("nan"), -1.0, 1.0)) == "not defined"
    assert str(Estimate(0.5, -0.25, 1.0)) == "0.50 [-0.25, 1.00]"


@pytest.mark.parametrize(("blocks", "seeds", "expected"), [(12, 6, 0.86), (12, 6, 0.95), (11, 3, 0.83), (24, 3, 0.3)], ids=str)
@pytest.mark.parametrize("scale", [np.asarray, ranks], ids=["scores", "ranks"])
def test_intervals_cover_the_truth_as_often_as_they_say(
    blocks: int, seeds: int, expected: float, scale: Callable[[np.ndarray], np.ndarray]
) -> None:
    """At the sizes of the release; with 800 tables the share of misses has a standard error of 0.8 %."""
    noise = seeds * (1 - expected) / expected
    many = scale(simulated(40_000, seeds, own=1.0, noise=noise, seed=1)[0])
    truth, single, tables = reliability(many), icc(many), 800
    below = above = 0
    for seed in range(tables):
        y = scale(simulated(blocks, seeds, own=1.0, noise=noise, seed=100 + seed)[0])
        estimate, of_a_run = estimate_reliability(y), estimate_icc(y)
        assert estimate.low <= estimate.value <= estimate.high
        assert (of_a_run.low <= single <= of_a_run.high) == (estimate.low <= truth <= estimate.high)
        below, above = below + (truth < estimate.low), above + (truth > estimate.high)
    assert 0.925 <= 1 - (below + above) / tables <= 0.975
    assert max(below, above) / tables < 0.055


def far_off(generator: np.random.Generator, blocks: int) -> np.ndarray:
    """True values with variance 1, one in seven of them far from the others."""
    values = np.where(generator.random(blocks) < 0.15, generator.normal(4, 1, blocks), generator.normal(0, 0.7, blocks))
    return values / 1.63


@pytest.mark.slow
def test_intervals_of_ranks_hold_somewhat_less_often_where_some_blocks_lie_far_off() -> None:
    generator, (blocks, seeds, expected, tables) = np.random.default_rng(0), (12, 6, 0.86, 1500)

    def drawn(count: int) -> np.ndarray:
        noise = np.sqrt(seeds * (1 - expected) / expected)
        return ranks(far_off(generator, count)[:, None] + generator.normal(0, noise, (count, seeds)))

    truth = reliability(drawn(40_000))
    found = [estimate_reliability(drawn(blocks)) for _ in range(tables)]
    assert np.mean([one.low <= truth <= one.high for one in found]) == pytest.approx(0.87, abs=0.03)


@pytest.mark.slow
def test_a_validity_by_eleven_blocks_is_held_by_nine_intervals_in_ten() -> None:
    generator, tables, held = np.random.default_rng(0), 200, []

    def drawn(count: int) -> tuple[np.ndarray, np.ndarray]:
        one = generator.normal(size=count)
        other = 0.8 * one + 0.6 * generator.normal(size=count)
        noisy = [generator.normal(values[:, None], 0.6, (count, seeds)) for values, seeds in ((one, 6), (other, 3))]
        return noisy[0], noisy[1]

    def valid(y: np.ndarray, reference: np.ndarray) -> float:
        return validity(ranks(y), ranks(reference))

    truth = valid(*drawn(40_000))
    for _ in range(tables):
        estimate = bootstrap(valid, *drawn(11), draws=200)
        if np.isfinite(estimate.low):
            held.append(estimate.low <= truth <= estimate.high)
    assert len(held) > tables / 2
    assert 0.85 <= np.mean(held) <= 0.97


def test_exact_intervals_agree_with_a_table_worked_by_hand() -> None:
    """Shrout & Fleiss 1979, table 2, has mean squares of 11.24 and 1.02; F(.975; 5, 15) = 3.576, F(.975; 15, 5) = 6.428."""
    ratings = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    y = np.asarray(ratings, dtype=np.float64)
    low, high = 11.2417 / 1.0194 / 3.5764, 11.2417 / 1.0194 * 6.4277
    found = estimate_icc(y)
    assert (found.low, found.high) == pytest.approx(((low - 1) / (low + 3), (high - 1) / (high + 3)), abs=1e-4)
    found = estimate_reliability(y)
    assert (found.low, found.high) == pytest.approx((1 - 1 / low, 1 - 1 / high), abs=1e-4)


def test_blocks_without_noise_are_told_apart_for_certain_and_equal_ones_not_at_all() -> None:
    y = np.repeat(np.arange(5.0)[:, None], 3, axis=1)
    assert estimate_icc(y) == estimate_reliability(y) == Estimate(1.0, 1.0, 1.0)
    assert str(estimate_icc(np.ones((5, 3)))) == "not defined"


def test_a_bootstrap_says_how_often_there_was_nothing_to_estimate_and_then_has_no_interval() -> None:
    y = simulated(12, 2, own=1.0, noise=1.0)[0]
    often = bootstrap(lambda a: np.nan if a[0, 0] < np.median(y[:, 0]) else 1.0, y)
    assert 0.3 < often.undefined < 0.7
    assert np.isnan([often.low, often.high]).all()
    assert str(Estimate(0.54, np.nan, np.nan, 0.41)) == "0.54 [no interval; undefined in 41.0 % of draws]"
    seldom = bootstrap(lambda a: np.nan if (a == y[0]).all(1).sum() > 4 else a.mean(), y)
    assert 0 < seldom.undefined < 0.025
    every = bootstrap(lambda a: a.mean(), y)
    assert seldom.low <= every.low < every.high <= seldom.high
    assert str(seldom).endswith(f"; undefined in {100 * seldom.undefined:.1f} % of draws]")


def test_the_same_scores_give_the_same_interval() -> None:
    y, _ = simulated(20, 3, own=1.0, noise=1.0)
    assert bootstrap(icc, y) == bootstrap(icc, y)


@pytest.mark.parametrize("shape", [(2, 4), (9, 1)])
def test_too_few_scores_are_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(RequestError, match="at least 3 blocks and 2 seeds that they share, got"):
        icc(np.zeros(shape))


def test_spearman_and_brown_say_what_seeds_are_worth_and_how_many_it_takes() -> None:
    assert [spearman_brown(icc, 3) for icc in (0.5, 0.25, 0.75)] == [0.75, 0.5, 0.9]
    assert spearman_brown(0.5, 1) == 0.5
    assert [seeds_for(0.9, icc) for icc in (0.75, 0.5, 0.9, 0.0, -0.25)] == [3, 9, 1, None, None]
    for share in (0.1, 0.37, 0.8):
        seeds = seeds_for(0.9, share)
        assert seeds is not None
        assert spearman_brown(share, seeds) >= 0.9 - 1e-6
        assert seeds == 1 or spearman_brown(share, seeds - 1) < 0.9
