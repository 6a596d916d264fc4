import numpy as np
import pytest

from sase_bench.statistics.effects import Effects, separate
from sase_bench.statistics.places import draws_of_truth, interval_of_place


def made_up(blocks: int, seeds: int, reliability: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores of normal blocks whose means over the seeds have that reliability, and the blocks' true values."""
    generator = np.random.default_rng(seed)
    truth, shared = generator.normal(0, 1, blocks), generator.normal(0, 3, seeds)
    noise = generator.normal(0, np.sqrt(seeds * (1 - reliability) / reliability), (blocks, seeds))
    return truth[:, None] + shared + noise, truth


def place_of(found: Effects, row: int, *, sign: float = 1.0) -> tuple[int, int]:
    assert found.noise is not None
    return interval_of_place(found, row, sign=sign)


@pytest.mark.parametrize(
    ("blocks", "seeds", "reliability", "tables"), [(24, 3, 0.46, 150), (24, 3, 0.14, 150), (2401, 3, 0.5, 25)]
)
def test_the_interval_of_the_best_block_holds_its_true_place_as_often_as_it_says(
    blocks: int, seeds: int, reliability: float, tables: int
) -> None:
    held = 0
    for seed in range(tables):
        scores, truth = made_up(blocks, seeds, reliability, seed)
        found = separate(scores)
        best = int(found.means.argmin())
        low, high = place_of(found, best)
        held += low <= 1 + np.sum(truth < truth[best]) <= high
    assert held / tables >= 0.92


@pytest.mark.slow
@pytest.mark.parametrize(
    ("blocks", "tables", "least", "most"), [(24, 200, 0.92, 1.0), (100, 150, 0.82, 0.97), (2401, 60, 0.6, 0.9)]
)
def test_blocks_that_lie_far_off_make_it_hold_less_often(blocks: int, tables: int, least: float, most: float) -> None:
    """One in seven is much worse than the others, so the others are further apart than they are."""
    held, generator = 0, np.random.default_rng(0)
    for _ in range(tables):
        truth = (
            np.where(generator.random(blocks) < 0.15, generator.normal(4, 1, blocks), generator.normal(0, 0.7, blocks)) / 1.63
        )
        y = truth[:, None] + generator.normal(0, np.sqrt(2), (blocks, 2))
        found = separate(y)
        best = int(found.means.argmin())
        low, high = place_of(found, best)
        held += low <= 1 + np.sum(truth < truth[best]) <= high
    assert least <= held / tables <= most


def test_the_interval_of_any_block_does_so_too() -> None:
    held, tables = 0, 150
    for seed in range(tables):
        scores, truth = made_up(24, 3, 0.46, seed)
        low, high = place_of(separate(scores), seed % 24, sign=-1)
        held += low <= 1 + np.sum(truth > truth[seed % 24]) <= high
    assert 0.9 <= held / tables < 1


def test_what_a_seed_does_to_all_blocks_changes_no_interval() -> None:
    scores, _ = made_up(24, 3, 0.46, 0)
    moved = scores + 2.0 ** np.arange(3)
    places = [[place_of(separate(y), row) for row in range(0, 24, 3)] for y in (scores, moved, scores[:, ::-1])]
    assert places[0] == places[1] == places[2]


def test_nor_does_it_where_blocks_have_different_seeds() -> None:
    """By plain means the blocks with the bad seed would all be behind the others."""
    scores, _ = made_up(24, 3, 0.8, 0)
    scores[::2, 0] = scores[1::2, 2] = np.nan
    places = [[place_of(separate(y), row) for row in range(24)] for y in (scores, scores + np.asarray([0, 0, 50]))]
    assert places[0] == places[1]


def test_draws_of_the_truth_have_the_mean_and_the_variance_of_the_formula() -> None:
    """With many degrees of freedom both variances are known."""
    generator = np.random.default_rng(0)
    truth = generator.normal(0, 2, (600, 1))
    found = separate(truth + generator.normal(0, 3, (600, 4)))
    assert found.noise is not None
    drawn = np.stack(list(draws_of_truth(found, sign=-1, draws=3000, seed=1)))
    y, error = -(found.means - found.means.mean()), found.noise.sd**2 / 4
    share = 1 - error / y.var(ddof=1)
    np.testing.assert_allclose(drawn.mean(0), share * y, atol=0.15)
    assert drawn.var(0).mean() == pytest.approx(share * error, rel=0.05)
    again = np.stack(list(draws_of_truth(found, sign=-1, draws=5, seed=1)))
    assert (again == drawn[:5]).all()


def test_without_noise_the_place_is_certain_and_among_equals_it_is_any() -> None:
    exact = separate(np.arange(5.0)[:, None] + np.asarray([0, 10]))
    assert [place_of(exact, row) for row in range(5)] == [(place, place) for place in range(1, 6)]
    assert place_of(exact, 0, sign=-1) == (5, 5)
    alike = separate(np.random.default_rng(0).normal(size=(40, 30)))
    low, high = place_of(alike, int(alike.means.argmin()))
    assert low <= 4
    assert high >= 30
