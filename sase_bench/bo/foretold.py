"""A BoTorch model whose features are its own predictions, so that any surrogate can be put into BoTorch's formulas."""

from __future__ import annotations

from typing import Any

import torch
from botorch.models.model import Model
from botorch.posteriors.posterior import Posterior
from torch import Tensor

__all__ = ["Foretold"]


class _Normal(Posterior):
    """Independent normal outcomes; BoTorch's analytic formulas ask for no more than mean and variance."""

    def __init__(self, mean: Tensor, variance: Tensor) -> None:
        self.mean, self.variance = mean, variance

    @property
    def device(self) -> torch.device:
        return self.mean.device

    @property
    def dtype(self) -> torch.dtype:
        return self.mean.dtype

    def rsample(self, sample_shape: torch.Size | None = None) -> Tensor:
        shape = (sample_shape or torch.Size([1])) + self.mean.shape
        return self.mean + self.variance.sqrt() * torch.randn(shape, dtype=self.dtype, device=self.device)


class Foretold(Model):
    """Features (…, 2m) are m means followed by m standard deviations; the posterior says just that."""

    def __init__(self, outcomes: int) -> None:
        super().__init__()
        self._outcomes = outcomes

    @property
    def num_outputs(self) -> int:
        return self._outcomes

    @property
    def batch_shape(self) -> torch.Size:
        return torch.Size()

    def posterior(self, X: Tensor, *args: Any, **options: Any) -> Posterior:  # noqa: N803 - BoTorch's name
        mean, sd = X[..., : self._outcomes], X[..., self._outcomes :]
        return _Normal(mean, sd.square())
