"""Alternating descent: weights on one half of the training images, strengths of the operations on the other.

Source: Liu, Simonyan & Yang, DARTS, ICLR 2019 (arXiv 1806.09055), with the optimisers of the SASE paper. The recipe of the
weights is the proxy's own. Validation and test images are never seen: the final block is validated like any other.

Notation: w weights, α strengths, ξ the learning rate of w, L1 and L2 the losses on the two halves. First order descends on
∇α L2(w, α). Second order looks one step of w ahead: with w' = w − ξ·d(w), d the step of SGD with momentum and decay,

    ∇α L2(w', α) − ξ · [∇α L1(w + ε·v, α) − ∇α L1(w − ε·v, α)] / 2ε,    v = ∇w' L2(w', α),    ε = 0.01 / |v|.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from sase_bench.errors import RequestError
from sase_bench.machine.processor import device_name, resolve_device
from sase_bench.proxies.datasets import Images, load
from sase_bench.proxies.training import epoch_batches, learning_rate, optimiser_of
from sase_bench.recipes.recipe import Proxy
from sase_bench.search.differentiable.found import Found
from sase_bench.search.differentiable.supernet import initial_alphas, supernet
from sase_bench.seeds import derived_seed

__all__ = ["Descent", "descend"]

_DIFFERENCE = 0.01  # DARTS's; the loss is far from linear over it, and the gradient is theirs rather than exact

Weights = dict[str, Tensor]
Batch = tuple[Tensor, Tensor]


@dataclass(frozen=True, kw_only=True)
class Descent:
    """The settings of the strengths' optimiser, Adam; those of the weights are the proxy's."""

    order: int = 1
    rate: float = 3e-4
    betas: tuple[float, float] = (0.5, 0.999)
    decay: float = 1e-3

    def __post_init__(self) -> None:
        if self.order not in (1, 2):
            raise RequestError(f"the gradient of the strengths is of order 1 or 2, got {self.order!r}")


def descend(
    proxy: Proxy,
    seed: int = 0,
    descent: Descent | None = None,
    *,
    device: str = "cpu",
    folder: Path | None = None,
    on_epoch: Callable[[int, float], None] = lambda number, loss: None,
) -> Found:
    """Search on `proxy` from `seed`; the same on the same processor. `on_epoch` is called with each epoch and its loss L2.

    Raises `RequestError` if the supernet's loss is not finite, and as `sase_bench.proxies.datasets.load` does.
    """
    descent = descent or Descent()
    where = resolve_device(device)
    train = load(proxy, folder).train.to(where)
    half = replace(proxy, train_size=len(train) // 2)
    first = Images(train.x[: half.train_size], train.y[: half.train_size])
    second = Images(train.x[half.train_size : 2 * half.train_size], train.y[half.train_size : 2 * half.train_size])
    alphas = initial_alphas(seed, where)
    network = supernet(proxy, alphas, seed).to(where)
    sgd = optimiser_of(network.parameters(), proxy)
    adam = torch.optim.Adam([alphas], lr=descent.rate, betas=descent.betas, weight_decay=descent.decay)
    generator = torch.Generator().manual_seed(derived_seed(seed, "descent"))
    losses: list[float] = []
    start, step = time.perf_counter(), 0
    network.train()
    for number in range(1, proxy.epochs + 1):
        total = torch.zeros((), device=where)
        for weights_batch, alphas_batch in zip(
            list(epoch_batches(half, first, generator)), list(epoch_batches(half, second, generator)), strict=True
        ):
            rate = learning_rate(half, step)
            for group in sgd.param_groups:
                group["lr"] = rate
            if descent.order == 2:
                loss, gradient = _ahead(network, alphas, sgd, weights_batch, alphas_batch)
            else:
                loss = F.cross_entropy(network(alphas_batch[0]), alphas_batch[1])
                (gradient,) = torch.autograd.grad(loss, alphas)
            alphas.grad = gradient
            adam.step()
            weights_loss = F.cross_entropy(network(weights_batch[0]), weights_batch[1], label_smoothing=proxy.label_smoothing)
            sgd.zero_grad()
            weights_loss.backward(inputs=list(network.parameters()))
            nn.utils.clip_grad_norm_(network.parameters(), proxy.clip_norm)
            sgd.step()
            total += loss.detach()
            step += 1
        losses.append(total.item() / half.steps_per_epoch)  # the device is waited for here
        if not math.isfinite(losses[-1]):
            raise RequestError(f"the supernet's loss on {proxy.name} is not finite in epoch {number}; try another --seed")
        on_epoch(number, losses[-1])
    return Found(
        proxy=proxy.name,
        recipe_hash=proxy.recipe_hash,
        order=descent.order,
        seed=seed,
        epochs=proxy.epochs,
        alphas=tuple(tuple(row) for row in alphas.detach().cpu().tolist()),
        val_losses=tuple(losses),
        seconds=time.perf_counter() - start,
        device=device_name(where),
    )


def _ahead(
    network: nn.Module,
    alphas: Tensor,
    sgd: torch.optim.Optimizer,
    weights_batch: Batch,
    alphas_batch: Batch,
    difference: float = _DIFFERENCE,
) -> tuple[Tensor, Tensor]:
    """L2 after one step of the weights, and its gradient of second order with respect to α; the network stays as it is.

    `difference` is ε·|v|, the length of the step on each side.
    """
    (group,) = sgd.param_groups
    weights = {name: weight.detach() for name, weight in network.named_parameters()}
    live = {name: weight.clone().requires_grad_() for name, weight in weights.items()}
    gradients = torch.autograd.grad(_loss(network, live, weights_batch), list(live.values()))
    ahead: Weights = {}
    for (name, weight), gradient, parameter in zip(weights.items(), gradients, network.parameters(), strict=True):
        momentum = sgd.state[parameter].get("momentum_buffer")
        step = gradient + group["weight_decay"] * weight
        step = step if momentum is None else step + group["momentum"] * momentum
        ahead[name] = (weight - group["lr"] * step).requires_grad_()
    loss = _loss(network, ahead, alphas_batch)
    direct, *slopes = torch.autograd.grad(loss, [alphas, *ahead.values()])
    size = torch.sqrt(sum((slope.square().sum() for slope in slopes), torch.zeros((), device=alphas.device)))
    epsilon = difference / size.clamp_min(1e-12)
    sides = []
    for sign in (1, -1):
        moved = {name: weight + sign * epsilon * slope for (name, weight), slope in zip(weights.items(), slopes, strict=True)}
        sides.append(torch.autograd.grad(_loss(network, moved, weights_batch), alphas)[0])
    return loss, direct - group["lr"] * (sides[0] - sides[1]) / (2 * epsilon)


def _loss(network: nn.Module, weights: Weights, batch: Batch) -> Tensor:
    """Cross-entropy with other weights; running statistics are updated on copies."""
    buffers = {name: buffer.clone() for name, buffer in network.named_buffers()}
    return F.cross_entropy(functional_call(network, {**weights, **buffers}, (batch[0],)), batch[1])
