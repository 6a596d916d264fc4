"""One training run on tensors: the loop itself, eager and plain. What it attains stands in the table.

Optimiser: SGD with momentum; linear warm-up, then a half cosine, set at every step. The last, smaller batch of an epoch is
left out; evaluation uses every image.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sase_bench.proxies.augmentation import augment, jitter_colours
from sase_bench.proxies.datasets import Images, ProxyData
from sase_bench.recipes.recipe import Proxy
from sase_bench.seeds import derived_seed

__all__ = [
    "EVALUATION_BATCH",
    "Epoch",
    "Scores",
    "batches",
    "epoch_batches",
    "evaluate",
    "learning_rate",
    "optimiser_of",
    "train",
]

#: Images that are evaluated at once; the result depends on it by rounding only.
EVALUATION_BATCH = 1000


@dataclass(frozen=True)
class Scores:
    """Mean cross-entropy in nats and accuracy in 0..1 on a set of images."""

    loss: float
    top1: float


@dataclass(frozen=True)
class Epoch:
    """What one pass over the training images gave."""

    number: int  # from 1
    train_loss: float  # nats, mean over the batches as they were met
    val: Scores
    train_seconds: float
    eval_seconds: float


def learning_rate(proxy: Proxy, step: int) -> float:
    """The rate of optimiser step `step`, from 0."""
    total = proxy.epochs * proxy.steps_per_epoch
    warmup = round(proxy.warmup * total)
    if step < warmup:
        return proxy.learning_rate * (step + 1) / warmup
    progress = (step - warmup) / max(1, total - warmup)
    return proxy.final_rate + (proxy.learning_rate - proxy.final_rate) * (1 + math.cos(math.pi * progress)) / 2


def optimiser_of(parameters: Iterable[nn.Parameter | Tensor], proxy: Proxy) -> torch.optim.Optimizer:
    """SGD as the recipe of `proxy` has it."""
    return torch.optim.SGD(
        parameters,
        lr=proxy.learning_rate,
        momentum=proxy.momentum,
        nesterov=proxy.nesterov,
        weight_decay=proxy.weight_decay,
    )


def batches(proxy: Proxy, images: Images, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """The augmented batches and labels of all epochs in order; the seed decides order and augmentation."""
    generator = torch.Generator().manual_seed(derived_seed(seed, "order"))
    for _ in range(proxy.epochs):
        yield from epoch_batches(proxy, images, generator)


def epoch_batches(proxy: Proxy, images: Images, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    """One epoch in a new order, augmented as the proxy says; the last, smaller batch is left out."""
    order = torch.randperm(len(images), generator=generator).to(images.x.device)
    for batch in order[: proxy.steps_per_epoch * proxy.batch_size].split(proxy.batch_size):
        x = augment(images.x[batch], shift=proxy.shift, flip=proxy.flip, generator=generator)
        yield jitter_colours(x, proxy.colour_jitter, generator=generator), images.y[batch]


def train(network: nn.Module, proxy: Proxy, data: ProxyData, seed: int) -> Iterator[list[Epoch]]:
    """Train `network` in place on the device of `data`, giving each epoch as it ends, alone in a list."""
    optimiser = optimiser_of(network.parameters(), proxy)
    source, step = batches(proxy, data.train, seed), 0
    for number in range(1, proxy.epochs + 1):
        start = time.perf_counter()
        network.train()
        total = torch.zeros((), device=data.train.x.device)
        for _ in range(proxy.steps_per_epoch):
            for group in optimiser.param_groups:
                group["lr"] = learning_rate(proxy, step)
            images, labels = next(source)
            loss = F.cross_entropy(network(images), labels, label_smoothing=proxy.label_smoothing)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), proxy.clip_norm)
            optimiser.step()
            total += loss.detach()
            step += 1
        train_loss = total.item() / proxy.steps_per_epoch  # the device is waited for here
        trained = time.perf_counter()
        val = evaluate(network, data.val)
        yield [Epoch(number, train_loss, val, trained - start, time.perf_counter() - trained)]


@torch.no_grad()
def evaluate(network: nn.Module, images: Images) -> Scores:
    """Loss and accuracy of `network` in evaluation mode on all of `images`."""
    network.eval()
    loss = torch.zeros((), dtype=torch.float64, device=images.x.device)
    correct = torch.zeros((), dtype=torch.int64, device=images.x.device)
    for x, y in zip(images.x.split(EVALUATION_BATCH), images.y.split(EVALUATION_BATCH), strict=True):
        logits = network(x)
        loss += F.cross_entropy(logits, y, reduction="sum").double()
        correct += (logits.argmax(1) == y).sum()
    return Scores(loss.item() / len(images), correct.item() / len(images))
