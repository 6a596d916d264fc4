from collections.abc import Callable

import numpy as np
import pytest

from sase_bench.statistics.correlation import kendall
from sase_bench.statistics.deconvolution import deconvolve

Draw = Callable[[np.random.Generator, int], np.ndarray]

SHAPES: dict[str, Draw] = {
    "normal": lambda generator, n: generator.standard_normal(n),
    "uniform": lambda generator, n: generator.uniform(-1.7, 1.7, n),
    "exponential": lambda generator, n: generator.exponential(1, n),
    "two humps": lambda generator, n: np.where(generator.random(n) < 0.4, -1.5, 1.0) + 0.4 * generator.standard_normal(n),
    "a tail": lambda generator, n: np.where(generator.random(n) < 0.2, generator.uniform(-4, 0, n), generator.normal(1, 1, n)),
}


def noise_at(truths: np.ndarray) -> np.ndarray:
    """The sd of one score: it differs between blocks."""
    return np.asarray(0.8 * np.exp(0.1 * truths))


@pytest.mark.parametrize("shape", SHAPES)
def test_noisy_means_tell_how_truths_are_distributed(shape: str) -> None:
    differences, quantiles, normal = [], [], []
    for table in range(6):
        generator = np.random.default_rng(table)
        truths = SHAPES[shape](generator, 360)
        means = truths + noise_at(truths) / 2 * generator.standard_normal(360)
        found = deconvolve(means, np.full(360, 4), noise_at(truths) ** 2)
        assert found is not None
        assert found.weights.sum() == pytest.approx(1)
        np.testing.assert_allclose(found.noise, noise_at(found.values), rtol=0.15)  # blocks are placed by their means
        expected, drawn = SHAPES[shape](generator, 20_000), found.draw(np.ones(20_000), generator)
        once = expected + noise_at(expected) * generator.standard_normal(20_000)
        differences.append(kendall(*drawn) - kendall(expected, once))
        signal, noise = means.var(ddof=1) - (noise_at(truths) ** 2).mean() / 4, (noise_at(truths) ** 2).mean()
        normal.append(2 / np.pi * np.arcsin(np.sqrt(signal / (signal + noise))) - kendall(expected, once))  # Kruskal 1958
        quantiles.append([np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95]) for values in (drawn[0], expected)])
    assert abs(np.mean(differences)) < 0.025
    assert (np.mean(normal) > 0.025) == (shape in {"exponential", "two humps", "a tail"})
    found_quantiles, true_quantiles = np.mean(quantiles, axis=0)
    np.testing.assert_allclose(found_quantiles, true_quantiles, atol=0.3)


def test_means_of_more_seeds_have_less_noise() -> None:
    generator = np.random.default_rng(0)
    found = deconvolve(generator.normal(0, 1, 200), np.full(200, 4), np.full(200, 0.25))
    assert found is not None
    truths, means = found.draw(np.repeat([1, 25], 5000), generator)
    errors = means - truths
    assert errors[:5000].std() == pytest.approx(0.5, rel=0.05)
    assert errors[5000:].std() == pytest.approx(0.1, rel=0.05)
    assert len(np.unique(truths)) == 10_000


def test_means_that_scatter_as_their_noise_does_tell_nothing() -> None:
    means = np.random.default_rng(0).normal(0, 0.4, 50)
    assert deconvolve(means, np.full(50, 4), np.ones(50)) is None
    assert deconvolve(means, np.full(50, 4), np.full(50, 0.2)) is not None
    assert deconvolve(means[:1], np.full(1, 4), np.zeros(1)) is None
    assert deconvolve(np.zeros(5), np.full(5, 4), np.zeros(5)) is None
