import numpy as np
import pytest

from sase_bench.bo.acquisition import (
    ACQUISITIONS,
    Situation,
    confidence_bound,
    log_expected_improvement,
    noisy_log_expected_improvement,
    predict,
)
from sase_bench.predictors import PREDICTORS, Prediction


@pytest.mark.parametrize("z", [8.0, 3.0, 0.0, -0.999, -1.0, -1.001, -5.0, -40.0, -1e3, -9.9e4, -1.01e5, -1e7])
def test_log_expected_improvement_is_exact_where_the_improvement_itself_is_zero_in_floating_point(z: float) -> None:
    mpmath = pytest.importorskip("mpmath")
    with mpmath.workdps(60):
        x = mpmath.mpf(z)
        h = mpmath.npdf(x) + x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2
        exact = float(mpmath.log(h)) if z > -1e3 else None
    got = float(log_expected_improvement(np.array([0.0]), np.array([1.0]), z)[0])
    if exact is None:  # the leading terms, whose relative error is 3/z²
        exact = -0.5 * z * z - 0.5 * np.log(2 * np.pi) - 2 * np.log(-z)
    assert got == pytest.approx(exact, rel=1e-9)


def test_log_expected_improvement_agrees_with_a_simulation() -> None:
    mean, sd, best = np.array([0.2, -0.1]), np.array([0.3, 0.05]), 0.0
    draws = np.random.default_rng(0).normal(mean, sd, (400_000, 2))
    simulated = np.maximum(best - draws, 0).mean(0)
    assert np.exp(log_expected_improvement(mean, sd, best)) == pytest.approx(simulated, rel=0.02)


def test_a_surrogate_that_is_certain_gives_the_improvement_or_next_to_nothing() -> None:
    improved, worse = log_expected_improvement(np.array([-0.5, 0.5]), np.zeros(2), 0.0)
    assert improved == pytest.approx(np.log(0.5))
    assert np.isfinite(worse) or worse == -np.inf
    assert worse < -1e9


def test_noisy_improvement_is_the_mean_over_incumbents() -> None:
    mean, sd, bests = np.array([0.1, -0.2]), np.array([0.2, 0.1]), np.array([0.0, -0.3, 0.1])
    each = np.stack([np.exp(log_expected_improvement(mean, sd, best)) for best in bests])
    assert np.exp(noisy_log_expected_improvement(mean, sd, bests)) == pytest.approx(each.mean(0))
    one = np.array([-0.1])
    assert noisy_log_expected_improvement(mean, sd, one) == pytest.approx(log_expected_improvement(mean, sd, -0.1))


def test_the_confidence_bound_likes_small_means_and_large_doubts() -> None:
    assert confidence_bound(np.array([1.0, 0.0]), np.array([0.0, 0.5]), beta=2.0).tolist() == [-1.0, 1.0]


def test_a_prediction_in_chunks_is_the_prediction() -> None:
    class Counting:
        name = "counting"

        def __init__(self) -> None:
            self.sizes: list[int] = []

        def predict(self, architectures: np.ndarray) -> Prediction:
            self.sizes.append(len(architectures))
            return Prediction(architectures.astype(float), np.ones(len(architectures)))

    surrogate = Counting()
    assert predict(surrogate, np.arange(40_000)).mean.tolist() == list(range(40_000))  # type: ignore[arg-type]
    assert max(surrogate.sizes) <= 16_384 < sum(surrogate.sizes)


@pytest.mark.parametrize("name", ACQUISITIONS)
def test_every_rule_prefers_what_is_likely_to_be_good(name: str) -> None:
    """The surrogate has seen that the last operation decides; the candidates differ in little else."""
    tried = np.arange(0, 2100, 7) + np.arange(300) % 7
    objectives = (tried % 7).astype(np.float64)
    candidates = np.arange(3000, 3700)
    surrogate = PREDICTORS["linear"](seed=0).fit(tried, objectives)
    scores = ACQUISITIONS[name].score(Situation(surrogate, candidates, tried, objectives, seed=0))
    assert scores.shape == (700,)
    assert not np.isnan(scores).any()
    assert scores[candidates % 7 == 0].mean() > scores[candidates % 7 == 6].mean()
