from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from sase_bench.errors import RequestError
from sase_bench.search import Pool
from sase_bench.search.differentiable import Found, read_found, write_found
from sase_bench.search.differentiable.descent import Descent, _ahead, descend
from sase_bench.search.differentiable.supernet import MixedBlock, initial_alphas, supernet
from sase_bench.space import SLOTS, Space
from sase_bench.trunk import Stage
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


def test_a_mixture_of_one_operation_is_that_operation() -> None:
    alphas = torch.full((6, 7), -1e9)
    alphas[:, 2] = 0.0
    with torch.random.fork_rng():
        torch.manual_seed(0)
        block = MixedBlock(Stage(16, 8, 8, 1), lambda: alphas).eval()
        x = torch.randn(3, 16, 8, 8)
    with torch.no_grad():
        z = block.slots["channel_squeeze"].operations[2](x)
        a, g = (block.slots[slot].operations[2](z) for slot in ("channel_excite", "channel_gate"))
        squeezes = block.slots["gated_squeeze"].operations[2](g * x), block.slots["spatial_squeeze"].operations[2](x)
        s = block.slots["spatial_excite"].operations[2](block.mixer(torch.cat(squeezes, 1)))
        torch.testing.assert_close(block(x), x * ((a + s) / 2) + x)
    assert not [name for name, _ in block.mixer.named_parameters() if "1." in name]  # no affine normalisation


def test_the_strongest_operations_are_the_block_and_in_a_smaller_pool_the_likeliest() -> None:
    alphas = np.zeros((6, 7))
    alphas[np.arange(6), [3, 1, 6, 2, 0, 5]] = [1, 2, 1, 1, 2, 1]
    found = Found(
        proxy="digits", recipe_hash="", order=1, seed=0, epochs=1, alphas=tuple(map(tuple, alphas.tolist())),
        val_losses=(), seconds=1.0, device="",
    )  # fmt: skip
    assert found.choose(Pool.of(Space("full"))) == 54983
    tied = found.choose(Pool.of(Space("tied")))
    assert [tied // 7**i % 7 for i in range(5, -1, -1)] == [3, 1, 1, 0, 0, 5]
    assert list(found.operations) == list(SLOTS)


def test_what_was_found_is_kept(found: Found, tmp_path: Path) -> None:
    write_found(found, tmp_path / "deep" / "found.json")
    assert read_found(tmp_path / "deep" / "found.json") == found
    (tmp_path / "other.json").write_text('{"alphas": [[1, 2]]}')
    with pytest.raises(RequestError, match="does not hold a differentiable search"):
        read_found(tmp_path / "other.json")
    with pytest.raises(RequestError, match=r"cannot read .*: No such file"):
        read_found(tmp_path / "none.json")


def test_orders_are_one_and_two() -> None:
    with pytest.raises(RequestError, match="of order 1 or 2, got 3"):
        Descent(order=3)


def test_half_of_the_images_is_at_least_a_batch() -> None:
    with pytest.raises(RequestError, match="proxy digits has batches of 50 from 30 images"):
        descend(replace(DIGITS, train_size=60), 0)
