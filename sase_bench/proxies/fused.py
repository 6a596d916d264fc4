"""Several seeds of one block trained at once: their networks are stacked along a leading replicate axis and run under `vmap`.

A proxy's networks are so small that most of a step is overhead, which R replicates share. Each replicate sees the images,
the order and the augmentation that its seed has when it is trained alone, has its own gradient norm clipped, and differs
from the run alone by rounding only. A replicate whose loss is not finite does not touch the others.

Notation: R replicates, B images a batch.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from sase_bench.proxies.datasets import Images, ProxyData
from sase_bench.proxies.training import EVALUATION_BATCH, Epoch, Scores, batches, learning_rate, optimiser_of
from sase_bench.recipes.recipe import Proxy

__all__ = [
    "FusedNetworks",
    "clip_factors",
    "epoch_of",
    "evaluate_fused",
    "images_at_once",
    "losses_of",
    "scores_of",
    "tally",
    "train_fused",
]

#: Pixels of all replicates that are evaluated at once on a GPU, which is not to wait for Python: 50,000 images of 8×8.
_EVALUATION_PIXELS_CUDA = 50_000 * 8 * 8
_SAFE = 1e-6  # as in torch.nn.utils.clip_grad_norm_


class FusedNetworks:
    """R networks of the same architecture as one; they are copied, and stay as they were."""

    def __init__(self, networks: Sequence[nn.Module]) -> None:
        self.count = len(networks)
        self.parameters, self.buffers = stack_module_state(list(networks))
        self._one = networks[0]

    def __call__(self, images: Tensor) -> Tensor:
        """(R,B,C,H,W) → (R,B,classes), each replicate on its own images; or (B,C,H,W), the same images for all."""
        shared = images.dim() == 4
        return vmap(self._forward, in_dims=(0, 0, None if shared else 0))(self.parameters, self.buffers, images)

    def _forward(self, parameters: dict[str, Tensor], buffers: dict[str, Tensor], images: Tensor) -> Tensor:
        return functional_call(self._one, (parameters, buffers), (images,))

    def train(self, mode: bool = True) -> None:
        """Training or evaluation mode of all replicates."""
        self._one.train(mode)

    def to(self, device: torch.device) -> FusedNetworks:
        """The same on `device`, in place."""
        self._one.to(device)
        for state in (self.parameters, self.buffers):
            for name, tensor in state.items():
                state[name] = tensor.detach().to(device).requires_grad_(tensor.requires_grad)
        return self


def train_fused(networks: FusedNetworks, proxy: Proxy, data: ProxyData, seeds: Sequence[int]) -> Iterator[list[Epoch]]:
    """Train all replicates, giving each epoch as it ends: one `Epoch` a seed, each with its share of the seconds."""
    parameters = list(networks.parameters.values())
    optimiser = optimiser_of(parameters, proxy)
    sources = [batches(proxy, data.train, seed) for seed in seeds]
    step = 0
    for number in range(1, proxy.epochs + 1):
        start = time.perf_counter()
        networks.train()
        total = torch.zeros(networks.count, device=data.train.x.device)
        for _ in range(proxy.steps_per_epoch):
            for group in optimiser.param_groups:
                group["lr"] = learning_rate(proxy, step)
            drawn = [next(source) for source in sources]
            images, labels = (torch.stack(parts) for parts in zip(*drawn, strict=True))
            losses = losses_of(networks(images), labels, proxy.label_smoothing)
            optimiser.zero_grad()
            losses.sum().backward()
            _clip(parameters, proxy.clip_norm)
            optimiser.step()
            total += losses.detach()
            step += 1
        yield epoch_of(number, total / proxy.steps_per_epoch, lambda: evaluate_fused(networks, data.val), start)


def epoch_of(number: int, losses: Tensor, score: Callable[[], list[Scores]], start: float) -> list[Epoch]:
    """The end of epoch `number`, which began at `start` (`time.perf_counter`) and had these mean training losses (R,)."""
    means = losses.tolist()  # the device is waited for here
    trained = time.perf_counter()
    scores = score()
    evaluated = time.perf_counter()
    share = 1 / len(means)
    return [
        Epoch(number, mean, val, share * (trained - start), share * (evaluated - trained))
        for mean, val in zip(means, scores, strict=True)
    ]


def evaluate_fused(networks: FusedNetworks, images: Images) -> list[Scores]:
    """Loss and accuracy of every replicate in evaluation mode on all of `images`."""
    return scores_of(tally(networks, images), len(images))


@torch.no_grad()
def tally(networks: FusedNetworks, images: Images) -> Tensor:
    """Each replicate's sum of losses and number of right answers in evaluation mode, (2,R) float64 on the device."""
    networks.train(False)
    found = torch.zeros(2, networks.count, dtype=torch.float64, device=images.x.device)
    size = images_at_once(images.x.device, images.x.shape[-2:].numel(), networks.count)
    for x, y in zip(images.x.split(size), images.y.split(size), strict=True):
        logits = networks(x)
        labels = y.expand(networks.count, -1)
        losses = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none").view(labels.shape)
        found += torch.stack([losses.sum(1), (logits.argmax(2) == labels).sum(1)])
    return found


def images_at_once(device: torch.device, pixels: int, replicates: int) -> int:
    """How many images of so many `pixels` every replicate evaluates at once on `device`.

    On a GPU fine images take no more memory than coarse ones, with the same channels: maps grow with the pixels.
    """
    most = _EVALUATION_PIXELS_CUDA // pixels if device.type == "cuda" else EVALUATION_BATCH
    return max(1, most // replicates)


def scores_of(tallied: Tensor, count: int) -> list[Scores]:
    """The means over `count` images of what was tallied (2,R); the device is waited for."""
    losses, right = (tallied / count).tolist()
    return [Scores(loss, top1) for loss, top1 in zip(losses, right, strict=True)]


def losses_of(logits: Tensor, labels: Tensor, label_smoothing: float) -> Tensor:
    """(R,B,classes) and (R,B) → (R,), the mean cross-entropy of each replicate's batch."""
    each = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none", label_smoothing=label_smoothing)
    return each.view(labels.shape).mean(1)


def clip_factors(gradients: Sequence[Tensor], most: float) -> list[Tensor]:
    """What to multiply each of these gradients (R,...) by, (R,1,...), so that a replicate's norm is at most `most`."""
    squares = torch.stack([gradient.flatten(1).square().sum(1) for gradient in gradients])  # (parameters, R)
    factors = (most / (squares.sum(0).sqrt() + _SAFE)).clamp(max=1.0)
    return [factors.view(-1, *[1] * (gradient.dim() - 1)) for gradient in gradients]


def _clip(parameters: Sequence[Tensor], most: float) -> None:
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    for gradient, factor in zip(gradients, clip_factors(gradients, most), strict=True):
        gradient.mul_(factor)
