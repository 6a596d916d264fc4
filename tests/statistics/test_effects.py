import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from sase_bench.statistics.effects import Effects, separate
from sase_bench.statistics.means import Spread

TABLES = npst.arrays(bool, st.tuples(st.integers(1, 8), st.integers(1, 6)))


def scores_where(there: np.ndarray, seed: int = 0) -> np.ndarray:
    """Scores with blocks, seeds and noise of about the same size, nan where `there` says no."""
    generator, (blocks, seeds) = np.random.default_rng(seed), there.shape
    y = 3 + generator.normal(0, 1, (blocks, 1)) + generator.normal(0, 1, seeds) + generator.normal(0, 0.5, there.shape)
    return np.where(there, y, np.nan)


def staggered() -> np.ndarray:
    """60 blocks, 8 seeds, each block with two neighbouring seeds."""
    there = np.zeros((60, 8), dtype=bool)
    for block in range(60):
        there[block, [block * 7 // 60, block * 7 // 60 + 1]] = True
    return there


def apart() -> np.ndarray:
    """Two groups of blocks without a common seed, one of them unbalanced."""
    there = np.zeros((20, 7), dtype=bool)
    there[:8, :3] = there[8:, 3:] = True
    there[12, 4:] = there[15, 3] = False
    return there


def check_against_dummies(scores: np.ndarray, found: Effects) -> None:
    """Least squares on a dummy variable for every block and every seed."""
    (rows, columns), blocks = np.nonzero(np.isfinite(scores)), len(scores)
    design = np.zeros((len(rows), sum(scores.shape)))
    design[np.arange(len(rows)), rows] = design[np.arange(len(rows)), blocks + columns] = 1
    y = scores[rows, columns]
    solved, _, rank, _ = np.linalg.lstsq(design, y, rcond=None)
    left = y - design @ solved
    degrees = len(y) - int(rank)
    np.testing.assert_allclose(found.residuals[rows, columns], left, atol=1e-9)
    assert np.isnan(found.residuals[~np.isfinite(scores)]).all()
    np.testing.assert_allclose(found.means[rows] + found.levels[columns], design @ solved, atol=1e-9)
    assert found.counts.tolist() == np.isfinite(scores).sum(1).tolist()
    assert (found.noise is None) == (degrees == 0)
    if found.noise is not None:
        assert found.noise.degrees == degrees
        assert found.noise.sd == pytest.approx(np.sqrt(left @ left / degrees), abs=1e-9)


@pytest.mark.parametrize("there", [np.ones((12, 6), dtype=bool), staggered(), apart()], ids=["balanced", "staggered", "apart"])
def test_blocks_seeds_and_noise_are_those_of_least_squares_on_dummies(there: np.ndarray) -> None:
    scores = scores_where(there)
    found = separate(scores)
    check_against_dummies(scores, found)
    assert (found.levels * there.sum(0)).sum() == pytest.approx(0, abs=1e-9)


@settings(deadline=None)
@given(TABLES)
def test_so_they_are_for_any_table(there: np.ndarray) -> None:
    assume(there.any(1).all())
    found = separate(scores_where(there))
    check_against_dummies(scores_where(there), found)
    assert np.isnan(found.levels).tolist() == (~there.any(0)).tolist()


def test_blocks_of_a_balanced_table_have_their_plain_means() -> None:
    scores = scores_where(np.ones((9, 4), dtype=bool))
    found = separate(scores)
    np.testing.assert_allclose(found.means, scores.mean(1))
    np.testing.assert_allclose(found.levels, scores.mean(0) - scores.mean())
    assert found.noise is not None
    assert found.noise.degrees == 8 * 3


def test_without_noise_a_staggered_table_gives_the_truth_back() -> None:
    there, truth = staggered(), np.linspace(1.5, 1.6, 60)
    scores = np.where(there, truth[:, None] + 0.05 * np.arange(8.0) ** 2, np.nan)
    found = separate(scores)
    np.testing.assert_allclose(found.means - found.means.mean(), truth - truth.mean(), atol=1e-12)
    assert found.noise is not None
    assert found.noise.sd == pytest.approx(0, abs=1e-12)


def test_groups_that_share_no_seed_have_levels_that_average_to_nothing_each() -> None:
    there = apart()
    scores = scores_where(there)
    found = separate(scores)
    for blocks, seeds in ((slice(8), slice(3)), (slice(8, None), slice(3, None))):
        assert (found.levels[seeds] * there[blocks, seeds].sum(0)).sum() == pytest.approx(0, abs=1e-9)
        group = separate(scores[blocks, seeds])
        np.testing.assert_allclose(found.means[blocks], group.means)
    assert found.noise is not None
    assert found.noise.degrees == there.sum() - 20 - (7 - 2)  # one fewer taken by the seeds than if they were one group


def test_where_blocks_do_not_share_two_seeds_the_noise_is_not_known() -> None:
    nan = np.nan
    assert separate(np.asarray([[1.0], [2.0], [3.0]])).noise is None
    assert separate(np.asarray([[1.0, 2.0], [3.0, nan]])).noise is None
    found = separate(np.asarray([[1.0, 2.0], [3.0, 5.0]])).noise
    assert found is not None
    assert (found.sd, found.degrees) == (pytest.approx(0.5), 1)


def _unbalanced(generator: np.random.Generator, blocks: int = 30) -> np.ndarray:
    there = np.ones((blocks, 4), dtype=bool)
    there[: blocks // 2, 3] = there[blocks // 2 :, 0] = False
    noise = generator.normal(0, np.where(np.arange(blocks) < blocks / 2, 1.5, 0.5)[:, None], (blocks, 4))
    return np.where(there, np.arange(blocks)[:, None] / 10 + np.asarray([0, 3, -2, 5]) + noise, np.nan)


def test_a_difference_and_its_error_are_those_of_the_whole_table_by_least_squares() -> None:
    y = _unbalanced(np.random.default_rng(0))
    y[0, :2] = y[1, 2] = y[20, 3] = np.nan  # so that no two of these have the same seeds
    found = separate(y)
    rows, columns = np.nonzero(np.isfinite(y))
    solution = np.linalg.pinv(np.hstack([np.eye(30)[rows], np.eye(4)[columns]]))
    for one, other in ((0, 20), (20, 0), (1, 2), (0, 1), (5, 20)):
        weights = solution[one] - solution[other]
        told = found.difference(one, other)
        assert told is not None
        assert found.variances is not None
        assert told[0] == pytest.approx(float(weights @ y[rows, columns]))
        assert told[1].sd == pytest.approx(float(np.sqrt((weights**2 * found.variances.values[rows]).sum())))


def test_its_interval_holds_the_truth_more_often_than_with_one_noise_for_all_where_it_goes_with_the_mean() -> None:
    held: dict[str, list[bool]] = {"calm": [], "noisy": [], "noisy, one for all": []}
    for seed in range(150):
        found = separate(_unbalanced(np.random.default_rng(seed)))
        for kind, (one, other) in {"calm": (19, 29), "noisy": (2, 12)}.items():
            told = found.difference(one, other)
            assert told is not None
            held[kind].append(abs(told[0] + 1.0) <= told[1].half_width)
        assert found.noise is not None
        margin = Spread(found.noise.sd * (2 / 3) ** 0.5, found.noise.degrees).half_width
        held["noisy, one for all"].append(abs(told[0] + 1.0) <= margin)
    assert np.mean(held["calm"]) >= 0.93
    assert np.mean(held["noisy"]) >= np.mean(held["noisy, one for all"]) + 0.02


def test_blocks_that_no_seed_connects_have_no_difference() -> None:
    y = np.full((6, 4), np.nan)
    y[:3, :2] = np.random.default_rng(0).normal(size=(3, 2))
    y[3:, 2:] = np.random.default_rng(1).normal(size=(3, 2))
    found = separate(y)
    assert found.difference(0, 1) is not None
    assert found.difference(0, 3) is None
    assert separate(y[:, :1][:3]).difference(0, 1) is None


def test_pairs_of_seeds_have_the_error_of_both_blocks() -> None:
    found = separate(np.arange(12.0).reshape(4, 3) ** 1.5)
    assert found.variances is not None
    error = found.error_of_pairs(0, 1, 3)
    assert error is not None
    assert error.sd == pytest.approx(np.sqrt(found.variances.values[:2].sum() / 3))
    assert separate(np.asarray([[1.0], [2.0]])).error_of_pairs(0, 1, 1) is None


@pytest.mark.slow
def test_intervals_of_differences_hold_as_often_as_the_module_of_variances_says() -> None:
    """92 blocks with 3 or 6 seeds, the 28 best with 1.7 times the noise of the others, 60 tables."""
    generator, noisy, blocks = np.random.default_rng(1), 28, 92
    sd = np.where(np.arange(blocks) < noisy, 0.0266, 0.0156)
    held: dict[str, list[bool]] = {"noisy": [], "others": [], "noisy, one for all": [], "others, one for all": []}
    for _ in range(60):
        truth = np.append(generator.normal(1.563, 0.035, noisy), generator.normal(1.648, 0.027, blocks - noisy))
        y = truth[:, None] + generator.normal(0, 0.005, 6) + generator.normal(size=(blocks, 6)) * sd[:, None]
        few = generator.permutation(blocks)[15:]
        y[few, 3:] = np.nan
        found = separate(y)
        assert found.noise is not None
        for kind, low, high in (("noisy", 0, noisy), ("others", noisy, blocks)):
            for _ in range(6):
                one, other = generator.choice(np.arange(low, high), 2, replace=False)
                told = found.difference(int(one), int(other))
                assert told is not None
                error = abs(told[0] - (truth[one] - truth[other]))
                pooled = Spread(found.noise.sd * np.sqrt((1 / found.counts[[one, other]]).sum()), found.noise.degrees)
                held[kind].append(error <= told[1].half_width)
                held[f"{kind}, one for all"].append(error <= pooled.half_width)
    shares = {kind: float(np.mean(values)) for kind, values in held.items()}
    assert shares["noisy"] >= 0.88
    assert shares["noisy"] > shares["noisy, one for all"]
    assert 0.93 <= shares["others"] <= shares["others, one for all"]
