"""What makes a block worth trying: one formula a function, for objectives that are minimised; of all scores larger is better.

Notation: μ (n,) and σ (n,) are mean and standard deviation of the surrogate at n candidates, f* the objective to improve on,
z = (f* − μ)/σ, φ and Φ density and distribution function of the standard normal.

>>> import numpy as np
>>> log_expected_improvement(np.array([0.0, 50.0]), np.array([1.0, 1.0]), 0.0).round(3).tolist()
[-0.919, -1258.744]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sase_bench.predictors import Prediction, Predictor

__all__ = [
    "ACQUISITIONS",
    "DEFAULT_ACQUISITION",
    "Acquisition",
    "Situation",
    "confidence_bound",
    "log_expected_improvement",
    "noisy_log_expected_improvement",
    "predict",
]

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

_CHUNK = 16_384  # candidates scored at once: bounds the memory of a kernel matrix with 200 observations to 26 MB
_BETA = 2.0  # standard deviations of the confidence bound
_DRAWS = 32  # of the incumbent's value
_TINY_SD = 1e-12  # a surrogate that is certain


def log_expected_improvement(mean: Floats, sd: Floats, best: float | Floats) -> Floats:
    """log EI = log σ + log h(z), h(z) = φ(z) + z·Φ(z): finite where EI itself is zero in floating point.

    Source: Ament et al., NeurIPS 2023 (arXiv 2310.20708), equation 9. Above z = −1 by the definition; below it
    h(z) = φ(z)·(1 − |z|·√(π/2)·erfcx(|z|/√2)), whose bracket loses all digits near |z| = 1e8 and is z⁻² before that.
    """
    from scipy.special import erfcx, ndtr

    sd = np.maximum(sd, _TINY_SD)
    z = (best - mean) / sd
    density = -0.5 * z * z - 0.5 * np.log(2 * np.pi)  # log φ
    near = np.maximum(z, -1.0)
    above = np.log(np.exp(-0.5 * near * near) / np.sqrt(2 * np.pi) + near * ndtr(near))
    far = np.clip(-z, 1.0, 1e5)
    bracket = np.log1p(-far * np.sqrt(np.pi / 2) * erfcx(far / np.sqrt(2)))
    below = density + np.where(-z > 1e5, -2 * np.log(np.maximum(-z, 1.0)), bracket)
    result: Floats = np.log(sd) + np.where(z > -1.0, above, below)
    return result


def noisy_log_expected_improvement(mean: Floats, sd: Floats, bests: Floats) -> Floats:
    """log of the mean EI over s draws of the best true objective among the blocks tried, `bests` (s,).

    For noisy results: f* is not the luckiest measurement but what the surrogate believes of it (Letham et al., Bayesian
    Analysis 2019, arXiv 1706.07094). Valid where candidate and incumbent may be taken as independent given the data.
    """
    from scipy.special import logsumexp

    terms = np.stack([log_expected_improvement(mean, sd, best) for best in bests.tolist()])
    result: Floats = logsumexp(terms, axis=0) - np.log(len(bests))
    return result


def confidence_bound(mean: Floats, sd: Floats, beta: float = _BETA) -> Floats:
    """−(μ − β·σ): the objective that is still believable, UCB in the language of rewards (Srinivas et al., arXiv 0912.3995)."""
    return beta * sd - mean


def predict(surrogate: Predictor, candidates: Indices) -> Prediction:
    """The prediction for n candidates, in chunks so that memory does not grow with n."""
    parts = [surrogate.predict(candidates[start : start + _CHUNK]) for start in range(0, len(candidates), _CHUNK)]
    return Prediction(np.concatenate([part.mean for part in parts]), np.concatenate([part.sd for part in parts]))


@dataclass(frozen=True)
class Situation:
    """All that a choice depends on."""

    surrogate: Predictor  # fitted on `objectives`
    candidates: Indices  # (n,) blocks that may be chosen
    tried: Indices  # (m,)
    objectives: Floats  # (m,)
    seed: int

    @cached_property
    def prediction(self) -> Prediction:
        return predict(self.surrogate, self.candidates)


class Acquisition(NamedTuple):
    """A rule by name."""

    score: Callable[[Situation], Floats]  # (n,), larger is better
    draws: bool  # every call is another random draw: a batch is as many calls, and no belief about pending blocks is needed


def _log_ei(now: Situation) -> Floats:
    return log_expected_improvement(*now.prediction, float(now.objectives.min()))


def _noisy_log_ei(now: Situation) -> Floats:
    bests = now.surrogate.sample(now.tried, _DRAWS, now.seed).min(1)
    return noisy_log_expected_improvement(*now.prediction, bests)


def _ucb(now: Situation) -> Floats:
    return confidence_bound(*now.prediction)


def _thompson(now: Situation) -> Floats:
    """One draw of the whole function, as correlated as the surrogate has it."""
    return np.asarray(-now.surrogate.sample(now.candidates, 1, now.seed)[0], dtype=np.float64)


def _independent_thompson(now: Situation) -> Floats:
    """One draw for every candidate by itself (White, Neiswanger & Savani, BANANAS, arXiv 1910.11858, section 4)."""
    mean, sd = now.prediction
    return np.asarray(-np.random.default_rng(now.seed).normal(mean, sd), dtype=np.float64)


#: Every rule by the name it has on the command line; the first one is the default.
ACQUISITIONS: dict[str, Acquisition] = {
    "log-ei": Acquisition(_log_ei, draws=False),
    "noisy-log-ei": Acquisition(_noisy_log_ei, draws=False),
    "ucb": Acquisition(_ucb, draws=False),
    "thompson": Acquisition(_thompson, draws=True),
    "independent-thompson": Acquisition(_independent_thompson, draws=True),
}

DEFAULT_ACQUISITION = next(iter(ACQUISITIONS))
