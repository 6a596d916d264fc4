"""The contract that all seven operations of all six slots keep, against formulas that share no code with them."""

import numpy as np
import pytest
import torch

from sase_bench.blocks import operation
from sase_bench.errors import RequestError
from sase_bench.space import OPERATIONS, SLOTS
from tests.blocks.layers import Array
from tests.blocks.operations import BATCH_NORMALISED, SIZES, SQUEEZES, assert_equal, built, every_operation, gives, input_of
from tests.blocks.reference import FORMULAS, slope
from tests.blocks.sampling import BATCH, arrays, generator, tensor_names, unit_direction


def test_there_is_a_formula_for_every_operation_of_every_slot() -> None:
    assert {slot: tuple(formulas) for slot, formulas in FORMULAS.items()} == OPERATIONS


@every_operation
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_forward_agrees_with_the_formula(slot: str, name: str, size: tuple[int, int, int]) -> None:
    module, x = built(slot, name, size), input_of(slot, size)
    expected = FORMULAS[slot][name](x, arrays(module))
    given = torch.from_numpy(x.copy())
    result = module(given)
    assert result.shape == (BATCH, *gives(slot, *size))
    assert_equal(result, expected)
    assert np.array_equal(given.numpy(), x), "the input was overwritten"


@pytest.mark.parametrize("slot", SQUEEZES)
@pytest.mark.parametrize("name", ["gap+gmp", "gap+std", "skewpooling"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_random_weights_leave_the_last_relu_partly_open(slot: str, name: str, size: tuple[int, int, int]) -> None:
    """A condition on the tests around it: behind a ReLU of one state only, they would compare next to nothing."""
    passed = FORMULAS[slot][name](input_of(slot, size), arrays(built(slot, name, size))) > 0
    assert 0.1 < passed.mean() < 0.9


@every_operation
def test_gradients_agree_with_finite_differences_of_the_formula(slot: str, name: str) -> None:
    """With respect to the input and to every parameter, along two random directions each.

    Seeds are fixed and no direction is ever drawn again: a ReLU or a maximum that changes sides within the step of 1e-5
    would fail here, not slip through, and on the seeds drawn none does.
    """
    size = SIZES[1]
    module, x, random = built(slot, name, size), input_of(slot, size), generator(f"directions of {slot} {name}")
    weights, formula = arrays(module), FORMULAS[slot][name]
    cotangent = unit_direction((BATCH, *gives(slot, *size)), random)

    given = torch.from_numpy(x).requires_grad_()
    (module(given) * torch.from_numpy(cotangent)).sum().backward()
    gradients = {"input": given.grad} | {key: parameter.grad for key, parameter in module.named_parameters()}

    def value(at: Array, key: str) -> float:
        """The formula's output along the cotangent, with the tensor `key` replaced by `at`."""
        replaced = [at if key == other else weight for other, weight in zip(tensor_names(module), weights, strict=True)]
        return float((cotangent * formula(at if key == "input" else x, replaced)).sum())

    at = {"input": x} | dict(zip(tensor_names(module), weights, strict=True))
    scale = np.abs(cotangent * formula(x, weights)).sum()
    for key, gradient in gradients.items():
        assert gradient is not None, key
        for _ in range(2):
            direction = unit_direction(at[key].shape, random)
            numeric = slope(lambda point, key=key: value(point, key), at[key], direction)
            analytic = float((gradient.numpy() * direction).sum())
            assert numeric != 0, f"{key} moves nothing"
            assert analytic == pytest.approx(numeric, rel=1e-6, abs=1e-9 * scale), key


@every_operation
def test_evaluation_mode_agrees_with_the_formula_on_running_statistics(slot: str, name: str) -> None:
    size = SIZES[1]
    module, x = built(slot, name, size).eval(), torch.from_numpy(input_of(slot, size))
    weights = arrays(module)
    result = module(x)
    assert_equal(result, FORMULAS[slot][name](x.numpy(), weights, training=False))
    assert all(np.array_equal(*pair) for pair in zip(arrays(module), weights, strict=True)), "evaluation moved a tensor"


@pytest.mark.parametrize(("slot", "name"), BATCH_NORMALISED)
def test_training_moves_running_statistics_a_tenth_of_the_way_and_evaluation_uses_them(slot: str, name: str) -> None:
    size = SIZES[1]
    module, x = built(slot, name, size), torch.from_numpy(input_of(slot, size))
    _, _, *start = arrays(module)[:4]
    trained = module(x)
    _, _, *after_one = arrays(module)[:4]
    # 0.9^200 = 7e-10 of the old statistics is left: the mean is that of the batch, the variance its unbiased twin.
    for _ in range(200):
        module(x)
    weights = arrays(module)
    for first, second, last in zip(start, after_one, weights[2:4], strict=True):
        np.testing.assert_allclose(second, 0.9 * first + 0.1 * last, rtol=1e-6)
    assert_equal(module.eval()(x), FORMULAS[slot][name](x.numpy(), weights, training=False))

    rows = BATCH * len(weights[3])  # how many values of one channel the norm saw
    weights[3] = weights[3] * (rows - 1) / rows
    settled = FORMULAS[slot][name](x.numpy(), weights, training=False)
    np.testing.assert_allclose(trained.detach().numpy(), settled, rtol=1e-6, atol=1e-6 * np.abs(settled).max())


@every_operation
def test_one_image_gets_the_same_result_in_evaluation_alone_and_in_a_batch(slot: str, name: str) -> None:
    size = SIZES[1]
    module, x = built(slot, name, size).eval(), torch.from_numpy(input_of(slot, size))
    torch.testing.assert_close(module(x[:1]), module(x)[:1], rtol=1e-12, atol=1e-12)


@every_operation
def test_single_precision_stays_single_and_near_double(slot: str, name: str) -> None:
    size = SIZES[0]
    module, x = built(slot, name, size), input_of(slot, size)
    expected = FORMULAS[slot][name](x, arrays(module))
    result = module.float()(torch.from_numpy(x).float())
    assert result.dtype == torch.float32
    np.testing.assert_allclose(result.detach().numpy(), expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


@every_operation
def test_channels_last_maps_give_the_same_values(slot: str, name: str) -> None:
    size = SIZES[1]
    module, x = built(slot, name, size), torch.from_numpy(input_of(slot, size))
    result = module(x.contiguous(memory_format=torch.channels_last))
    assert_equal(result, FORMULAS[slot][name](x.numpy(), arrays(module)))


def test_an_operation_has_the_spelling_of_the_reference_too() -> None:
    for slot, reference, ours in (
        ("channel_squeeze", "SkewPooling", "skewpooling"),
        ("channel_gate", "3conv1D_3", "3conv1d_3"),
        ("gated_squeeze", "2nd-order pooling", "2nd-order-pooling"),
    ):
        built_as = [operation(slot, name, channels=18, height=7, width=5) for name in (reference, ours)]
        assert str(built_as[0]) == str(built_as[1])


@pytest.mark.parametrize("slot", SLOTS)
def test_an_unknown_operation_is_refused_with_the_seven_to_choose_from(slot: str) -> None:
    with pytest.raises(RequestError) as caught:
        operation(slot, "gapp", channels=18, height=7, width=5)
    message = str(caught.value)
    assert "\n" not in message
    assert "'gapp'" in message
    assert all(name in message for name in OPERATIONS[slot])


def test_an_unknown_slot_is_refused_with_the_six_to_choose_from() -> None:
    with pytest.raises(RequestError) as caught:
        operation("channel_squeze", "gap", channels=18, height=7, width=5)
    message = str(caught.value)
    assert "\n" not in message
    assert "'channel_squeze'" in message
    assert all(slot in message for slot in SLOTS)
