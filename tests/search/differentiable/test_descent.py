from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from sase_bench.errors import RequestError
from sase_bench.search.differentiable import Found
from sase_bench.search.differentiable.descent import Descent, _ahead, descend
from sase_bench.search.differentiable.supernet import initial_alphas, supernet
from tests.records import DIGITS

SHORT = replace(DIGITS, train_size=200, epochs=1)


@pytest.fixture(scope="module")
def found() -> Found:
    return descend(SHORT, 0, Descent(rate=0.01))


def test_a_search_moves_the_strengths_and_ends(found: Found) -> None:
    start = initial_alphas(0, torch.device("cpu")).detach().numpy()
    moved = np.abs(np.asarray(found.alphas) - start)
    assert (moved.max(1) > 0.005).all()  # two steps of Adam in every slot
    assert (found.proxy, found.order, found.epochs, len(found.val_losses)) == ("digits", 1, 1, 1)
    assert found.seconds > 0


def test_the_same_seed_finds_the_same_and_another_does_not(found: Found) -> None:
    assert descend(SHORT, 0, Descent(rate=0.01)).alphas == found.alphas
    assert descend(SHORT, 1, Descent(rate=0.01)).alphas != found.alphas


def test_second_order_runs_and_differs(found: Found) -> None:
    second = descend(SHORT, 0, Descent(rate=0.01, order=2))
    assert second.order == 2
    assert second.alphas != found.alphas


def test_the_second_order_gradient_is_that_of_the_loss_one_step_ahead() -> None:
    """Against automatic differentiation through the step itself, in double precision."""
    proxy = replace(DIGITS, momentum=0.0, nesterov=False, weight_decay=0.0)
    alphas = torch.zeros(6, 7, dtype=torch.float64, requires_grad=True)
    network = supernet(proxy, alphas, 0).double().train()
    generator = torch.Generator().manual_seed(0)
    first, second = (
        (torch.randn(16, 1, 8, 8, generator=generator, dtype=torch.float64), torch.randint(0, 10, (16,), generator=generator))
        for _ in range(2)
    )
    rate = 0.05
    sgd = torch.optim.SGD(network.parameters(), lr=rate)
    loss, gradient = _ahead(network, alphas, sgd, first, second, difference=1e-6)

    weights = dict(network.named_parameters())
    buffers = {name: buffer.clone() for name, buffer in network.named_buffers()}

    def at(values: dict[str, torch.Tensor], batch: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        state = {**values, **{name: buffer.clone() for name, buffer in buffers.items()}}
        return F.cross_entropy(torch.func.functional_call(network, state, (batch[0],)), batch[1])

    slopes = torch.autograd.grad(at(weights, first), list(weights.values()), create_graph=True)
    ahead = {name: weight - rate * slope for (name, weight), slope in zip(weights.items(), slopes, strict=True)}
    exact_loss = at(ahead, second)
    (exact,) = torch.autograd.grad(exact_loss, alphas)
    plain = torch.autograd.grad(at({name: value.detach() for name, value in ahead.items()}, second), alphas)[0]
    assert loss.item() == pytest.approx(exact_loss.item(), rel=1e-9)
    assert (gradient - exact).norm() < 0.05 * (plain - exact).norm()  # the correction is what is tested


def test_looking_ahead_leaves_the_network_as_it_was() -> None:
    alphas = initial_alphas(0, torch.device("cpu"))
    network = supernet(DIGITS, alphas, 0).train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    batch = torch.randn(8, 1, 8, 8, generator=torch.Generator().manual_seed(1)), torch.arange(8)
    _ahead(network, alphas, torch.optim.SGD(network.parameters(), lr=0.1), batch, batch)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_orders_are_one_and_two() -> None:
    with pytest.raises(RequestError, match="of order 1 or 2, got 3"):
        Descent(order=3)


def test_half_of_the_images_is_at_least_a_batch() -> None:
    with pytest.raises(RequestError, match="proxy digits has batches of 50 from 30 images"):
        descend(replace(DIGITS, train_size=60), 0)
