"""The contract that all published modules keep, against formulas that share no code with them."""

import numpy as np
import pytest
import torch
from torch import nn

from sase_bench.backbones import cifar_resnet
from sase_bench.modules import MODULES, Stage, build
from sase_bench.proxies.initialisation import initialise
from tests.blocks.layers import Array
from tests.blocks.reference import slope
from tests.blocks.sampling import BATCH, arrays, generator, random_map, randomise, tensor_names, unit_direction
from tests.modules.formulas import FORMULAS, Formula, fca_on

#: C, H, W: the widths of narrow networks, one that 16 does not divide, and maps that are not square.
SIZES = [(8, 4, 6), (16, 9, 8), (32, 8, 8), (24, 7, 5), (64, 14, 14)]
every_module = pytest.mark.parametrize("name", MODULES)


def built(name: str, size: tuple[int, int, int]) -> nn.Module:
    """The module in float64 with random weights and running statistics, in training mode."""
    module = build(name, Stage(*size, blocks=1)).double()
    randomise(module, generator(f"weights of {name}"))
    return module


def formula_of(name: str, size: tuple[int, int, int]) -> Formula:
    return fca_on((max(7, size[1]), max(7, size[2]))) if name == "fca" else FORMULAS[name]


def input_of(size: tuple[int, int, int]) -> Array:
    return random_map((BATCH, *size), generator(f"input of modules {size}"))


def assert_equal(got: torch.Tensor, expected: Array, name: str) -> None:
    """FcaNet's filters are kept in single precision."""
    np.testing.assert_allclose(got.detach().numpy(), expected, rtol=1e-5 if name == "fca" else 1e-9, atol=1e-10)


def test_every_module_of_the_catalogue_has_a_formula() -> None:
    assert list(MODULES) == list(FORMULAS)


@every_module
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_forward_agrees_with_the_formula(name: str, size: tuple[int, int, int], training: bool) -> None:
    module, x = built(name, size).train(training), input_of(size)
    expected = formula_of(name, size)(x, arrays(module), training)  # before a forward in training mode moves the statistics
    given = torch.from_numpy(x.copy())
    assert_equal(module(given), expected, name)
    assert np.array_equal(given.numpy(), x), "the input was overwritten"


@every_module
@pytest.mark.parametrize("other", [(1, 1), (3, 9), (12, 5)], ids=str)
def test_maps_of_another_size_keep_their_shape_and_agree(name: str, other: tuple[int, int]) -> None:
    size = (16, 8, 8)
    module, x = built(name, size), input_of((16, *other))
    result = module(torch.from_numpy(x))
    assert result.shape == x.shape
    assert_equal(result, formula_of(name, size)(x, arrays(module), True), name)


@every_module
def test_gradients_agree_with_finite_differences_of_the_formulas(name: str) -> None:
    """With respect to the input and to all parameters at once."""
    size = (16, 7, 5)
    module, x, random = built(name, size), input_of(size), generator(f"directions of {name}")
    formula, weights, cotangent = formula_of(name, size), arrays(module), unit_direction((BATCH, *size), random)
    given = torch.from_numpy(x).requires_grad_()
    (module(given) * torch.from_numpy(cotangent)).sum().backward()
    assert given.grad is not None

    direction = unit_direction(x.shape, random)
    numeric = slope(lambda at: float((cotangent * formula(at, weights, True)).sum()), x, direction)
    tolerance = {"rel": 1e-5, "abs": 1e-8} if name != "fca" else {"rel": 1e-4, "abs": 1e-6}
    assert float((given.grad.numpy() * direction).sum()) == pytest.approx(numeric, **tolerance)

    directions = {key: 0.1 * random.normal(size=parameter.shape) for key, parameter in module.named_parameters()}
    analytic = 0.0
    for key, parameter in module.named_parameters():
        assert parameter.grad is not None, key
        analytic += float((parameter.grad.numpy() * directions[key]).sum())

    def value(at: Array) -> float:
        moved = [w + at * directions.get(key, 0.0) for key, w in zip(tensor_names(module), weights, strict=True)]
        return float((cotangent * formula(x, moved, True)).sum())

    assert analytic == pytest.approx(slope(value, np.zeros(()), np.ones(())), **tolerance)


@every_module
@pytest.mark.parametrize("width", [8, 16, 32])
def test_a_narrow_network_with_the_module_learns(name: str, width: int) -> None:
    network = cifar_resnet(8, name, width=width, resolution=8)
    initialise(network, seed=0)
    random = torch.Generator().manual_seed(0)
    images, labels = torch.rand(16, 3, 8, 8, generator=random), torch.randint(10, (16,), generator=random)
    optimiser = torch.optim.SGD(network.parameters(), lr=0.05)
    losses = []
    for _ in range(4):
        loss = nn.functional.cross_entropy(network(images), labels)
        optimiser.zero_grad()
        loss.backward()
        assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


@every_module
def test_a_map_of_zeros_and_a_constant_map_have_finite_gradients(name: str) -> None:
    module = build(name, Stage(16, 4, 4, 1))
    for value in (0.0, 3.0):
        x = torch.full((2, 16, 4, 4), value, requires_grad=True)
        module(x).square().sum().backward()
        assert x.grad is not None
        assert x.grad.isfinite().all()
        assert all(parameter.grad.isfinite().all() for parameter in module.parameters())


@every_module
def test_the_seed_decides_all_weights(name: str) -> None:
    states = []
    for torch_seed in (1, 2):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(torch_seed)
            network = cifar_resnet(8, name, width=16, resolution=8)
        initialise(network, seed=5)
        states.append(network.state_dict())
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])


def test_papers_initial_values_outlast_the_initialisation_of_a_run() -> None:
    network = cifar_resnet(8, "gc", width=16, resolution=8)
    initialise(network, seed=0)
    assert network.stages[0][0].attention.mlp_add.fc2.weight.abs().max() == 0


@every_module
def test_in_evaluation_mode_an_image_does_not_see_the_batch_and_answers_repeat(name: str) -> None:
    module, x = built(name, (16, 8, 8)).eval(), torch.from_numpy(input_of((16, 8, 8)))
    together = module(x)
    assert torch.equal(module(x), together)
    torch.testing.assert_close(torch.cat([module(image[None]) for image in x]), together)


@every_module
def test_channels_last_and_single_precision_change_nothing_but_rounding(name: str) -> None:
    module, x = built(name, (16, 8, 8)).eval(), torch.from_numpy(input_of((16, 8, 8)))
    expected = module(x)
    torch.testing.assert_close(module(x.to(memory_format=torch.channels_last)), expected)
    single = module.float()(x.float())
    assert single.dtype == torch.float32
    torch.testing.assert_close(single.double(), expected, rtol=1e-3, atol=1e-4)
