import pytest
import torch
from torch import Tensor

from sase_bench.blocks import operation
from tests.blocks.operations import ROOTS, SIZES, assert_equal, built, every_operation, input_of, takes
from tests.blocks.reference import FORMULAS
from tests.blocks.sampling import BATCH, arrays


def gradients_on_a_zero_map(slot: str, name: str, epsilon: float) -> list[Tensor]:
    """The gradients of the sum of the output as initialised, that is where the shifts of the norms are exactly 0."""
    channels, height, width = SIZES[1]
    module = operation(slot, name, channels=channels, height=height, width=width, epsilon=epsilon).double()
    x = torch.zeros(BATCH, *takes(slot, channels, height, width), dtype=torch.float64, requires_grad=True)
    module(x).sum().backward()
    gradients = [tensor.grad for tensor in (x, *module.parameters())]
    return [gradient for gradient in gradients if gradient is not None]


@every_operation
def test_gradients_on_a_map_of_zeros_are_finite(slot: str, name: str) -> None:
    assert all(gradient.isfinite().all() for gradient in gradients_on_a_zero_map(slot, name, epsilon=1e-12))


@pytest.mark.parametrize(("slot", "name"), ROOTS)
def test_without_epsilon_gradients_on_a_map_of_zeros_are_not_finite(slot: str, name: str) -> None:
    assert not all(gradient.isfinite().all() for gradient in gradients_on_a_zero_map(slot, name, epsilon=0.0))


@pytest.mark.parametrize(("slot", "name"), ROOTS)
def test_on_a_map_of_zeros_the_value_is_the_root_of_epsilon(slot: str, name: str) -> None:
    """The one place where ε is seen: 1e-6 under the square root, 1e-3 under the fourth."""
    module = operation(slot, name, channels=18, height=7, width=5).double()
    result = module(torch.zeros(BATCH, 18, 7, 5, dtype=torch.float64))
    torch.testing.assert_close(result, torch.full_like(result, 1e-3 if name == "p-norm" else 1e-6), rtol=1e-9, atol=0)


@pytest.mark.parametrize(("slot", "name"), ROOTS)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_epsilon_changes_no_value_by_more_than_a_billionth(slot: str, name: str, size: tuple[int, int, int]) -> None:
    x = torch.from_numpy(input_of(slot, size))
    reference = built(slot, name, size, epsilon=0.0)
    torch.testing.assert_close(built(slot, name, size)(x), reference(x), rtol=1e-9, atol=0)
    assert_equal(reference(x), FORMULAS[slot][name](x.numpy(), arrays(reference), epsilon=0.0))


@pytest.mark.parametrize(("slot", "name"), ROOTS)
def test_a_larger_epsilon_stands_under_the_root_and_nowhere_else(slot: str, name: str) -> None:
    """1e-12 is too small to tell where it stands from the values; 0.5 is not."""
    module, x = built(slot, name, SIZES[1], epsilon=0.5), input_of(slot, SIZES[1])
    assert_equal(module(torch.from_numpy(x)), FORMULAS[slot][name](x, arrays(module), epsilon=0.5))
