"""One training run on tensors: the loop itself, eager and plain. What it attains stands in the table.

Optimiser: SGD with momentum; linear warm-up, then a half cosine, set at every step. The last, smaller batch of an epoch is
left out; evaluation uses every image.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from sase_bench.proxies.augmentation import augment, jitter_colours
from sase_bench.proxies.datasets import Images, ProxyData
from sase_bench.proxies.initialisation import derived_seed
from sase_bench.proxies.recipe import Proxy

__all__ = ["Epoch", "Scores", "evaluate", "learning_rate", "train"]

_EVALUATION_BATCH = 1000  # images; the result depends on it by rounding only


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


def train(network: nn.Module, proxy: Proxy, data: ProxyData, seed: int) -> Iterator[Epoch]:
    """Train `network` in place on the device of `data`, giving each epoch as it ends.

    The seed decides order and augmentation.
    """
    generator = torch.Generator().manual_seed(derived_seed(seed, "order"))
    optimiser = torch.optim.SGD(
        network.parameters(),
        lr=proxy.learning_rate,
        momentum=proxy.momentum,
        nesterov=proxy.nesterov,
        weight_decay=proxy.weight_decay,
    )
    step = 0
    for number in range(1, proxy.epochs + 1):
        start = time.perf_counter()
        network.train()
        total = torch.zeros((), device=data.train.x.device)
        order = torch.randperm(len(data.train), generator=generator).to(data.train.x.device)
        for batch in order[: proxy.steps_per_epoch * proxy.batch_size].split(proxy.batch_size):
            for group in optimiser.param_groups:
                group["lr"] = learning_rate(proxy, step)
            images = augment(data.train.x[batch], shift=proxy.shift, flip=proxy.flip, generator=generator)
            images = jitter_colours(images, proxy.colour_jitter, generator=generator)
            loss = F.cross_entropy(network(images), data.train.y[batch], label_smoothing=proxy.label_smoothing)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), proxy.clip_norm)
            optimiser.step()
            total += loss.detach()
            step += 1
        train_loss = total.item() / proxy.steps_per_epoch  # the device is waited for here
        trained = time.perf_counter()
        val = evaluate(network, data.val)
        yield Epoch(number, train_loss, val, trained - start, time.perf_counter() - trained)


def timed(action: Callable[[], Scores]) -> tuple[Scores, float]:
    """The scores that `action` gives, and the seconds it took."""
    start = time.perf_counter()
    scores = action()
    return scores, time.perf_counter() - start


@torch.no_grad()
def evaluate(network: nn.Module, images: Images) -> Scores:
    """Loss and accuracy of `network` in evaluation mode on all of `images`."""
    network.eval()
    loss = torch.zeros((), dtype=torch.float64, device=images.x.device)
    correct = torch.zeros((), dtype=torch.int64, device=images.x.device)
    for x, y in zip(images.x.split(_EVALUATION_BATCH), images.y.split(_EVALUATION_BATCH), strict=True):
        logits = network(x)
        loss += F.cross_entropy(logits, y, reduction="sum").double()
        correct += (logits.argmax(1) == y).sum()
    return Scores(loss.item() / len(images), correct.item() / len(images))
