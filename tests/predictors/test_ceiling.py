from dataclasses import astuple, replace

import numpy as np
import pytest

from sase_bench.predictors.ceiling import noise_ceiling
from sase_bench.predictors.scores import rank_accuracy
from sase_bench.predictors.targets import Targets
from tests.predictors.synthetic import Synthetic, synthetic


def targets_of(table: Synthetic, *, metric: str = "val_loss", sign: int = 1) -> Targets:
    count, seeds = table.scores.shape
    noise = np.full(count, table.noise / np.sqrt(seeds))
    counts = np.full(count, seeds)
    scores = sign * table.scores
    return Targets("digits", metric, "tied", table.archs, scores.mean(1), noise, counts, scores, tuple(range(seeds)))


@pytest.fixture
def hardly_resampled(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that do not look at the interval, which takes most of the time."""
    monkeypatch.setattr("sase_bench.predictors.ceiling._RESAMPLES", 2)


@pytest.mark.usefixtures("hardly_resampled")
@pytest.mark.parametrize(("noise", "seeds"), [(0.3, 3), (1.0, 2), (1.5, 5)])
def test_the_ceiling_of_normal_truths_is_that_of_kruskal(noise: float, seeds: int) -> None:
    generator = np.random.default_rng(0)
    truth = generator.normal(size=2401)
    scores = truth[:, None] + noise * generator.normal(size=(2401, seeds))
    targets = targets_of(Synthetic(truth, np.arange(2401), scores, noise))
    expected = rank_accuracy(truth, targets.y)
    found = noise_ceiling(targets, [targets.counts[:1000]]).best
    assert found.tau == pytest.approx(expected.tau, abs=0.025)
    assert found.spearman == pytest.approx(expected.spearman, abs=0.025)
    reliability = 1 - noise**2 / seeds / targets.y.var(ddof=1)
    assert found.tau == pytest.approx(
        2 / np.pi * np.arcsin(np.sqrt(reliability)), abs=0.005
    )  # doi 10.1080/01621459.1958.10501481


@pytest.mark.usefixtures("hardly_resampled")
def test_a_normal_distribution_would_put_tau_too_high_and_the_ten_best_too_low() -> None:
    table, generator = synthetic(0, noise=0.7, seeds=3, bend=-0.9, blocks=1200), np.random.default_rng(0)
    found = noise_ceiling(targets_of(table), [np.ones(120, dtype=np.int64)]).best
    drawn = generator.normal(size=(300, 120))
    normal = [rank_accuracy(truth, truth + 0.7 * generator.normal(size=120)) for truth in drawn]
    assert np.mean([one.tau for one in normal]) > found.tau + 0.03
    assert np.mean([one.precision for one in normal]) < found.precision - 0.1


@pytest.mark.parametrize(("noise", "bend"), [(0.4, 0.0), (1.0, 0.0), (0.7, 0.9), (0.7, -0.9)], ids=str)
def test_the_ceiling_is_what_the_truth_gets(noise: float, bend: float) -> None:
    table = synthetic(0, noise=noise, seeds=3, bend=bend, blocks=1200)
    truth, generator = table.truth[table.archs], np.random.default_rng(1)
    drawn = [generator.permutation(1200)[:120] for _ in range(200)]
    once = [(truth[rows], table.scores[rows, index % 3]) for index, rows in enumerate(drawn)]
    expected = np.mean([astuple(rank_accuracy(*pair)) for pair in once], axis=0)
    found = noise_ceiling(targets_of(table), [np.ones(120, dtype=np.int64)])
    assert astuple(found.best) == pytest.approx(tuple(expected), abs=0.025)
    assert found.tau_low < found.best.tau < found.tau_high
    assert found.tau_high - found.tau_low < 0.15


@pytest.mark.usefixtures("hardly_resampled")
def test_the_ten_best_of_a_metric_where_more_is_better_are_the_largest() -> None:
    table = synthetic(0, noise=0.7, seeds=3, bend=-0.9, blocks=1200)  # the small values stand out
    counts = [np.ones(120, dtype=np.int64)]
    loss = noise_ceiling(targets_of(table), counts).best.precision
    assert noise_ceiling(targets_of(table, metric="val_top1", sign=-1), counts).best.precision == pytest.approx(loss, abs=0.03)
    assert noise_ceiling(targets_of(table, metric="val_top1"), counts).best.precision < loss - 0.1


def test_more_seeds_raise_the_ceiling() -> None:
    targets = targets_of(synthetic(0, noise=1.0, seeds=4, blocks=300))
    one, four = (noise_ceiling(targets, [np.full(100, seeds)]) for seeds in (1, 4))
    assert one.tau_high < four.tau_low


def test_without_a_difference_between_blocks_there_is_no_ceiling() -> None:
    table = synthetic(0, noise=0.4, blocks=60)
    scores = np.random.default_rng(0).permutation(table.scores.ravel()).reshape(table.scores.shape)
    alike = Synthetic(table.truth, table.archs, scores, noise=0.05)
    counts = [np.ones(20, dtype=np.int64)]
    assert np.isnan(noise_ceiling(targets_of(alike), counts).best.tau)
    assert np.isnan(noise_ceiling(replace(targets_of(table), noise=None), counts).best.tau)  # one seed each
