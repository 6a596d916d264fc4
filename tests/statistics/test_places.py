from collections.abc import Callable

import numpy as np
import pytest

from sase_bench.statistics.effects import Effects, separate
from sase_bench.statistics.means import central_interval
from sase_bench.statistics.places import DRAWS, draws_of_truth, interval_of_place


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


SHAPES: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "a worse tail": lambda generator, n: np.where(
        generator.random(n) < 0.15, generator.normal(4, 1, n), generator.normal(0, 0.7, n)
    ),
    "a better tail": lambda generator, n: -SHAPES["a worse tail"](generator, n),
    "exponential": lambda generator, n: generator.exponential(1.6, n),
    "uniform": lambda generator, n: generator.uniform(-2.8, 2.8, n),
}


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("blocks", "noise", "tables"), [(24, 2.0, 100), (100, 1.5, 80), (500, 3.0, 100)])
def test_so_it_does_whatever_the_shape_of_the_truth(shape: str, blocks: int, noise: float, tables: int) -> None:
    """By a normal distribution alone, the interval of the best of 500 exponential blocks held it in 0.6 to 0.9 of tables."""
    held = np.zeros(4)
    for seed in range(tables):
        generator = np.random.default_rng(seed)
        truth = SHAPES[shape](generator, blocks)
        found = separate(truth[:, None] + generator.normal(0, noise, (blocks, 3)))
        order = found.means.argsort()
        drawn = np.stack(list(draws_of_truth(found)))
        for number, row in enumerate(order[[0, blocks // 10, blocks // 2, -1]]):
            low, high = central_interval(1.0 + (drawn < drawn[:, [row]]).sum(1))
            held[number] += low <= 1 + np.sum(truth < truth[row]) <= high
    assert held.min() / tables >= 0.82  # of 0.9, chance allowed for
    assert held.mean() / tables >= 0.92


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


def test_draws_of_normal_truths_have_the_mean_and_the_variance_of_the_formula() -> None:
    """With many blocks and degrees of freedom nothing is in doubt but the truths."""
    generator = np.random.default_rng(0)
    truth = generator.normal(0, 2, (600, 1))
    found = separate(truth + generator.normal(0, 3, (600, 4)))
    assert found.noise is not None
    drawn = np.stack(list(draws_of_truth(found, sign=-1, seed=1)))
    y, error = -(found.means - found.means.mean()), found.noise.sd**2 / 4
    share = 1 - error / y.var(ddof=1)
    assert abs(drawn.mean(0) - share * y).mean() < 0.1
    assert drawn.var(0).mean() == pytest.approx(share * error, rel=0.05)
    assert len(drawn) == DRAWS
    assert (np.stack(list(draws_of_truth(found, sign=-1, seed=1))) == drawn).all()


def test_where_most_blocks_are_alike_the_others_are_drawn_apart_from_them() -> None:
    """A normal distribution would pull the few that are better towards the many: by a tenth of their distance here."""
    generator = np.random.default_rng(0)
    truth = np.where(np.arange(400) < 40, generator.normal(-4, 0.5, 400), generator.normal(0, 0.2, 400))
    found = separate(truth[:, None] + generator.normal(0, 1, (400, 4)))
    drawn = np.stack(list(draws_of_truth(found))).mean(0) + found.means.mean()
    assert drawn[:40].mean() == pytest.approx(found.means[:40].mean(), abs=0.05)
    assert drawn[40:].std() < 0.4 * found.means[40:].std()


def test_without_noise_the_place_is_certain_and_among_equals_it_is_any() -> None:
    exact = separate(np.arange(5.0)[:, None] + np.asarray([0, 10]))
    assert [place_of(exact, row) for row in range(5)] == [(place, place) for place in range(1, 6)]
    assert place_of(exact, 0, sign=-1) == (5, 5)
    alike = separate(np.random.default_rng(0).normal(size=(40, 30)))
    low, high = place_of(alike, int(alike.means.argmin()))
    assert low <= 4
    assert high >= 30
