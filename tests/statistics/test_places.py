import numpy as np
import pytest

from sase_bench.statistics.places import Effects, interval_of_place, separate

Runs = list[tuple[int, int, float]]


def made_up(blocks: int, seeds: int, reliability: float, seed: int) -> tuple[Runs, np.ndarray]:
    """Runs of normal blocks whose means over the seeds have that reliability, and the blocks' true values."""
    generator = np.random.default_rng(seed)
    truth, shared = generator.normal(0, 1, blocks), generator.normal(0, 3, seeds)
    noise = generator.normal(0, np.sqrt(seeds * (1 - reliability) / reliability), (blocks, seeds))
    y = truth[:, None] + shared + noise
    return [(7 * block, s, float(y[block, s])) for block in range(blocks) for s in range(seeds)], truth


def place_of(found: Effects, arch: int, *, largest_is_first: bool = False) -> tuple[int, int]:
    assert found.noise is not None
    return interval_of_place(found, found.noise, arch, largest_is_first=largest_is_first)


@pytest.mark.parametrize(
    ("blocks", "seeds", "reliability", "tables"), [(24, 3, 0.46, 150), (24, 3, 0.14, 150), (2401, 3, 0.5, 25)]
)
def test_the_interval_of_the_best_block_holds_its_true_place_as_often_as_it_says(
    blocks: int, seeds: int, reliability: float, tables: int
) -> None:
    held = 0
    for seed in range(tables):
        runs, truth = made_up(blocks, seeds, reliability, seed)
        found = separate(runs)
        best = int(found.means.argmin())
        low, high = place_of(found, 7 * best)
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
        found = separate([(block, seed, float(y[block, seed])) for block in range(blocks) for seed in (0, 1)])
        best = int(found.means.argmin())
        low, high = place_of(found, best)
        held += low <= 1 + np.sum(truth < truth[best]) <= high
    assert least <= held / tables <= most


def test_the_interval_of_any_block_does_so_too() -> None:
    held, tables = 0, 150
    for seed in range(tables):
        runs, truth = made_up(24, 3, 0.46, seed)
        low, high = place_of(separate(runs), 7 * (seed % 24), largest_is_first=True)
        held += low <= 1 + np.sum(truth > truth[seed % 24]) <= high
    assert 0.9 <= held / tables < 1


def test_blocks_seeds_and_noise_are_told_apart_by_least_squares() -> None:
    generator = np.random.default_rng(0)
    runs = [(arch, s, generator.normal(arch % 5 + 3 * s)) for arch in range(0, 60, 3) for s in range(1 + arch % 4)]
    found = separate(runs)
    archs = sorted(found.blocks)
    design = np.zeros((len(runs), len(archs) + 4))
    for row, (arch, s, _) in enumerate(runs):
        design[row, archs.index(arch)] = design[row, len(archs) + s] = 1
    values = np.asarray([value for *_, value in runs])
    expected, _, rank, _ = np.linalg.lstsq(design, values, rcond=None)
    left = values - design @ expected
    assert found.noise is not None
    assert found.noise.degrees == len(runs) - rank
    assert found.noise.sd == pytest.approx(np.sqrt(left @ left / (len(runs) - rank)))
    np.testing.assert_allclose(found.means - found.means[0], (expected - expected[0])[: len(archs)], atol=1e-9)
    assert [found.blocks[arch] for arch in archs] == list(range(len(archs)))
    assert found.counts.tolist() == [1 + arch % 4 for arch in archs]


def test_what_a_seed_does_to_all_blocks_changes_no_interval() -> None:
    runs, _ = made_up(24, 3, 0.46, 0)
    moved = [(arch, seed, value + 2.0**seed) for arch, seed, value in runs]
    places = [[place_of(separate(scores), arch) for arch in range(0, 168, 21)] for scores in (runs, moved, runs[::-1])]
    assert places[0] == places[1] == places[2]


def test_without_noise_the_place_is_certain_and_among_equals_it_is_any() -> None:
    exact = [(arch, seed, float(arch + 10 * seed)) for arch in range(5) for seed in (0, 1)]
    assert [place_of(separate(exact), arch) for arch in range(5)] == [(place, place) for place in range(1, 6)]
    assert place_of(separate(exact), 0, largest_is_first=True) == (5, 5)
    generator = np.random.default_rng(0)
    alike = separate([(arch, seed, generator.normal()) for arch in range(40) for seed in range(30)])
    low, high = place_of(alike, int(alike.means.argmin()))
    assert low <= 4
    assert high >= 30


def test_where_blocks_do_not_share_two_seeds_the_noise_is_not_known() -> None:
    assert separate([(0, 0, 1.0), (1, 0, 2.0), (2, 0, 3.0)]).noise is None
    assert separate([(0, 0, 1.0), (0, 1, 2.0), (1, 0, 3.0)]).noise is None
    found = separate([(0, 0, 1.0), (0, 1, 2.0), (1, 0, 3.0), (1, 1, 5.0)]).noise
    assert found is not None
    assert (found.sd, found.degrees) == (pytest.approx(0.5), 1)
