"""What a step changes: the network, its moving average, the optimiser and the scale of half-precision gradients."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from sase_bench.errors import RequestError
from sase_bench.train.place import Place
from sase_bench.train.recipe import Recipe

__all__ = ["State", "learning_rate"]


def learning_rate(recipe: Recipe, step: int, steps: int) -> float:
    """The rate at `step`, counted from 0, in a run with `steps` steps an epoch. There is no state to save with it."""
    if recipe.schedule == "cosine":
        course = (1 + math.cos(math.pi * step / (recipe.epochs * steps))) / 2
    else:
        course = recipe.decay ** sum(step >= milestone * steps for milestone in recipe.milestones)
    if step < recipe.warmup_steps:
        course *= recipe.warmup_start + (1 - recipe.warmup_start) * step / recipe.warmup_steps
    return recipe.peak_rate * course


class State:
    """Everything that goes into a checkpoint but the generators."""

    def __init__(self, network: nn.Module, recipe: Recipe, place: Place) -> None:
        if recipe.precision == "float16" and place.device.type != "cuda":
            raise RequestError("float16 is trained on a CUDA device; on the CPU use --precision bfloat16 or float32")
        self.network, self._recipe, self._device = network, recipe, place.device
        self.average: AveragedModel | None = None
        if recipe.average_decay:
            update = get_ema_multi_avg_fn(recipe.average_decay)
            self.average = AveragedModel(network, multi_avg_fn=update, use_buffers=True)
        self._parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
        self._optimiser = torch.optim.SGD(
            self._parameters, lr=recipe.peak_rate, momentum=recipe.momentum, weight_decay=recipe.weight_decay
        )
        self._scaler = torch.amp.GradScaler(place.device.type, enabled=recipe.precision == "float16")

    def autocast(self) -> AbstractContextManager[Any]:
        """The context in which the network computes."""
        dtype = torch.float16 if self._recipe.precision == "float16" else torch.bfloat16
        return torch.autocast(self._device.type, dtype, enabled=self._recipe.precision != "float32")

    def step(self, loss: Tensor, rate: float) -> None:
        """Move the weights down the gradient of `loss`, and their average with them."""
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        self._optimiser.zero_grad()
        self._scaler.scale(loss).backward()
        if self._recipe.clip_norm:
            self._scaler.unscale_(self._optimiser)
            nn.utils.clip_grad_norm_(self._parameters, self._recipe.clip_norm)
        self._scaler.step(self._optimiser)
        self._scaler.update()
        if self.average is not None:
            self.average.update_parameters(self.network)

    def networks(self) -> dict[str, nn.Module]:
        """What is scored, by the prefix of its scores: the network, and its moving average if there is one."""
        found = {"val": self.network}
        return found if self.average is None else {**found, "average_val": self.average.module}

    def contents(self) -> dict[str, Any]:
        """All of it, for `restore`."""
        return {
            "network": self.network.state_dict(),
            "average": None if self.average is None else self.average.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "scaler": self._scaler.state_dict(),
        }

    def restore(self, contents: dict[str, Any]) -> None:
        """Be as `contents` says."""
        self.network.load_state_dict(contents["network"])
        if self.average is not None:
            self.average.load_state_dict(contents["average"])
        self._optimiser.load_state_dict(contents["optimiser"])
        self._scaler.load_state_dict(contents["scaler"])
