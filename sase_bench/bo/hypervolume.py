"""Expected hypervolume improvement, computed by BoTorch from predictions of any surrogate (Yang et al. 2019)."""

from __future__ import annotations

import warnings
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from sase_bench.errors import needing

__all__ = ["expected_improvement"]

Floats = NDArray[np.float64]

_CHUNK = 8192  # candidates at once


def expected_improvement(tried: Floats, mean: Floats, sd: Floats, reference: float) -> Floats:
    """Of n candidates with independent normal objectives, mean and sd (n, m), over the front of `tried` (k, m), all minimised.

    `reference` is the worst value that counts, the same for every objective. BoTorch takes an sd below 3e-5 as 3e-5.
    """
    with needing("the hypervolume of several objectives", "search"), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of torch's, for what BoTorch's dependencies still use
        import torch
        from botorch.acquisition.multi_objective.analytic import ExpectedHypervolumeImprovement
        from botorch.models.model import Model
        from botorch.posteriors.posterior import Posterior
        from botorch.utils.multi_objective.box_decompositions import FastNondominatedPartitioning

    class Normal(Posterior):
        """Independent normal outcomes; BoTorch's analytic formulas ask for no more than these two."""

        def __init__(self, mean: torch.Tensor, variance: torch.Tensor) -> None:
            self.mean, self.variance = mean, variance

        @property
        def device(self) -> torch.device:
            return self.mean.device

        @property
        def dtype(self) -> torch.dtype:
            return self.mean.dtype

        def rsample(self, sample_shape: torch.Size | None = None) -> torch.Tensor:
            raise NotImplementedError("the improvement is computed, not sampled")

    class Predicted(Model):
        """Features (…, 2m) are m means followed by m standard deviations; the posterior says just that."""

        def posterior(self, X: torch.Tensor, *args: Any, **options: Any) -> Posterior:  # noqa: N803 - BoTorch's name
            outcomes = X.shape[-1] // 2
            return Normal(X[..., :outcomes], X[..., outcomes:].square())

    worst = torch.full((tried.shape[1],), -reference, dtype=torch.float64)
    partitioning = FastNondominatedPartitioning(worst, Y=-torch.from_numpy(tried))
    rule = ExpectedHypervolumeImprovement(Predicted(), worst.tolist(), cast(Any, partitioning))
    features = torch.from_numpy(np.concatenate([-mean, sd], axis=1)).unsqueeze(1)  # (n, 1, 2m)
    with torch.no_grad():
        scores = torch.cat([rule(features[start : start + _CHUNK]) for start in range(0, len(features), _CHUNK)])
    result: Floats = scores.numpy()
    return result
