"""The contract that all seven operations of all six slots keep, against formulas that share no code with them."""

import copy
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from sase_bench.blocks import operation
from sase_bench.errors import RequestError
from sase_bench.space import OPERATIONS, SLOTS
from tests.blocks.reference import FORMULAS, Array, slope
from tests.blocks.sampling import BATCH, arrays, generator, random_map, randomise, tensor_names, unit_direction

SQUEEZES = ("channel_squeeze", "gated_squeeze", "spatial_squeeze")
CASES = [(slot, name) for slot, names in OPERATIONS.items() for name in names]
BATCH_NORMALISED = [(slot, "2nd-order-pooling") for slot in SQUEEZES]
ROOTS = [(slot, name) for slot in SQUEEZES for name in ("l2-norm", "p-norm")]

#: C, H, W: one where 4 and 8 divide what they pool; one where neither 4 nor 16 divides C and H differs from W; and one
#: where C//4 divides C without being a quarter of it, and 8 lies between H and W; and one that is coarser than 8×8.
SIZES = [(32, 8, 8), (18, 7, 5), (15, 6, 9), (16, 4, 4)]

every_operation = pytest.mark.parametrize(("slot", "name"), CASES)


def takes(slot: str, channels: int, height: int, width: int) -> tuple[int, int, int]:
    """The shape, without the batch, that the specification's table of the block gives for the input of `slot`."""
    if slot in SQUEEZES:
        return channels, height, width
    return (1, height, width) if slot == "spatial_excite" else (channels, 1, 1)


def gives(slot: str, channels: int, height: int, width: int) -> tuple[int, int, int]:
    """The shape of the output of `slot`, likewise."""
    return (channels, 1, 1) if slot.startswith("channel") else (1, height, width)


def built(slot: str, name: str, size: tuple[int, int, int], epsilon: float = 1e-12) -> nn.Module:
    """The operation in float64 with random weights and running statistics, in training mode."""
    channels, height, width = size
    module = operation(slot, name, channels=channels, height=height, width=width, epsilon=epsilon).double()
    randomise(module, generator(f"weights of {slot} {name}"))
    return module


def input_of(slot: str, size: tuple[int, int, int]) -> Array:
    """A random map that varies most along the axis that the slot keeps: a ReLU after it then takes both its states."""
    along_channels = slot.startswith("channel")
    return random_map(
        (BATCH, *takes(slot, *size)),
        generator(f"input of {slot} {size}"),
        per_channel=2.0 if along_channels else 0.3,
        per_position=0.3 if along_channels else 2.0,
    )


def assert_equal(got: Tensor, expected: Array) -> None:
    """To 1e-9 of each value; where a value is a difference of larger ones, to their rounding."""
    np.testing.assert_allclose(got.detach().numpy(), expected, rtol=1e-9, atol=1e-13 * np.abs(expected).max())


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


#: Shapes of the tensors in the order of application, for (C, H, W) = (48, 8, 6) and (18, 7, 5).
SHAPES: dict[str, dict[str, tuple[list[tuple[int, ...]], list[tuple[int, ...]]]]] = {
    "channel_squeeze": {
        "gap": ([], []),
        "l2-norm": ([(48,), (48,)], [(18,), (18,)]),
        "p-norm": ([], []),
        "gap+gmp": ([(1, 2, 1, 1)], [(1, 2, 1, 1)]),
        "gap+std": ([(1, 2, 1, 1)], [(1, 2, 1, 1)]),
        "skewpooling": ([(1, 2, 1, 1)], [(1, 2, 1, 1)]),
        "2nd-order-pooling": (
            [(12,), (12,), (12,), (12,), (12, 1, 12, 1), (48, 12, 1, 1)],
            [(4,), (4,), (4,), (4,), (4, 1, 4, 1), (18, 4, 1, 1)],
        ),
    },
    "channel_excite": {
        "3conv1d_3": ([(1, 1, 3), (1, 1, 3), (1, 1, 3)], [(1, 1, 3), (1, 1, 3), (1, 1, 3)]),
        "2conv_1x1": ([(3, 48, 1, 1), (48, 3, 1, 1)], [(1, 18, 1, 1), (18, 1, 1, 1)]),
        "conv1d_3": ([(1, 1, 3)], [(1, 1, 3)]),
        "conv1d_5": ([(1, 1, 5)], [(1, 1, 5)]),
        "conv1d_7": ([(1, 1, 7)], [(1, 1, 7)]),
        "2conv1d_3": ([(1, 1, 3), (1, 1, 3)], [(1, 1, 3), (1, 1, 3)]),
        "affine": ([(48, 1, 1), (48, 1, 1)], [(18, 1, 1), (18, 1, 1)]),
    },
    "spatial_squeeze": {
        "gap": ([], []),
        "l2-norm": ([(8, 6), (8, 6)], [(7, 5), (7, 5)]),
        "p-norm": ([], []),
        "gap+gmp": ([(1, 2, 1, 1)], [(1, 2, 1, 1)]),
        "gap+std": ([(1, 2, 1, 1)], [(1, 2, 1, 1)]),
        "skewpooling": ([(1, 2, 1, 1)], [(1, 2, 1, 1)]),
        "2nd-order-pooling": (
            [(64,), (64,), (64,), (64,), (64, 1, 64, 1), (64, 64, 1, 1)],
            [(64,), (64,), (64,), (64,), (64, 1, 64, 1), (64, 64, 1, 1)],
        ),
    },
    "spatial_excite": {
        "conv_3x1_1x3": ([(1, 1, 1, 3), (1, 1, 3, 1)], [(1, 1, 1, 3), (1, 1, 3, 1)]),
        "conv_5x1_1x5": ([(1, 1, 1, 5), (1, 1, 5, 1)], [(1, 1, 1, 5), (1, 1, 5, 1)]),
        "conv_3x3": ([(1, 1, 3, 3)], [(1, 1, 3, 3)]),
        "conv_5x5": ([(1, 1, 5, 5)], [(1, 1, 5, 5)]),
        "conv_7x7": ([(1, 1, 7, 7)], [(1, 1, 7, 7)]),
        "2conv_3x3": ([(1, 1, 3, 3), (1, 1, 3, 3)], [(1, 1, 3, 3), (1, 1, 3, 3)]),
        "affine": ([(1, 8, 6), (1, 8, 6)], [(1, 7, 5), (1, 7, 5)]),
    },
}


@every_operation
@pytest.mark.parametrize(("number", "size"), [(0, (48, 8, 6)), (1, (18, 7, 5))])
def test_tensors_have_the_specified_shapes_in_the_order_of_application(
    slot: str, name: str, number: int, size: tuple[int, int, int]
) -> None:
    module = built(slot, name, size)
    assert [weight.shape for weight in arrays(module)] == SHAPES[SLOTS[slot]][name][number]
    statistics = [key for key in tensor_names(module) if key not in dict(module.named_parameters())]
    assert [key.rpartition(".")[2] for key in statistics] == (
        ["running_mean", "running_var"] if (slot, name) in BATCH_NORMALISED else []
    )
    assert all(parameter.requires_grad for parameter in module.parameters())


class Ramp(nn.Module):
    """The α and β of an affine operation as the specification starts them."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(shape))
        self.beta = nn.Parameter(torch.zeros(shape))


def conv1d(kernel: int) -> nn.Module:
    return nn.Conv1d(1, 1, kernel, bias=False)


def conv2d(inputs: int, outputs: int, kernel: tuple[int, int] = (1, 1), groups: int = 1) -> nn.Module:
    return nn.Conv2d(inputs, outputs, kernel, groups=groups, bias=False)


#: Torch's own layers for (C, H, W) = (48, 8, 6), in the order in which an operation applies them.
LAYERS: dict[str, dict[str, Callable[[], list[nn.Module]]]] = {
    "channel_squeeze": {
        "gap": list,
        "l2-norm": lambda: [nn.InstanceNorm2d(48, affine=True)],
        "p-norm": list,
        "gap+gmp": lambda: [conv2d(2, 1)],
        "gap+std": lambda: [conv2d(2, 1)],
        "skewpooling": lambda: [conv2d(2, 1)],
        "2nd-order-pooling": lambda: [nn.BatchNorm2d(12), conv2d(12, 12, (12, 1), groups=12), conv2d(12, 48)],
    },
    "channel_excite": {
        "3conv1d_3": lambda: [conv1d(3), conv1d(3), conv1d(3)],
        "2conv_1x1": lambda: [conv2d(48, 3), conv2d(3, 48)],
        "conv1d_3": lambda: [conv1d(3)],
        "conv1d_5": lambda: [conv1d(5)],
        "conv1d_7": lambda: [conv1d(7)],
        "2conv1d_3": lambda: [conv1d(3), conv1d(3)],
        "affine": lambda: [Ramp(48, 1, 1)],
    },
    "spatial_squeeze": {
        "gap": list,
        "l2-norm": lambda: [nn.LayerNorm((8, 6))],
        "p-norm": list,
        "gap+gmp": lambda: [conv2d(2, 1)],
        "gap+std": lambda: [conv2d(2, 1)],
        "skewpooling": lambda: [conv2d(2, 1)],
        "2nd-order-pooling": lambda: [nn.BatchNorm2d(64), conv2d(64, 64, (64, 1), groups=64), conv2d(64, 64)],
    },
    "spatial_excite": {
        "conv_3x1_1x3": lambda: [conv2d(1, 1, (1, 3)), conv2d(1, 1, (3, 1))],
        "conv_5x1_1x5": lambda: [conv2d(1, 1, (1, 5)), conv2d(1, 1, (5, 1))],
        "conv_3x3": lambda: [conv2d(1, 1, (3, 3))],
        "conv_5x5": lambda: [conv2d(1, 1, (5, 5))],
        "conv_7x7": lambda: [conv2d(1, 1, (7, 7))],
        "2conv_3x3": lambda: [conv2d(1, 1, (3, 3)), conv2d(1, 1, (3, 3))],
        "affine": lambda: [Ramp(1, 8, 6)],
    },
}


@every_operation
def test_initialisation_draws_what_the_plain_torch_layers_would_draw(slot: str, name: str) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        module = operation(slot, name, channels=48, height=8, width=6)
        torch.manual_seed(5)
        plain = nn.Sequential(*LAYERS[SLOTS[slot]][name]())
    got, expected = arrays(module), arrays(plain)
    assert len(got) == len(expected)
    assert all(np.array_equal(mine, theirs) for mine, theirs in zip(got, expected, strict=True))


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
@pytest.mark.parametrize(("height", "width"), [(4, 3), (9, 5), (13, 21), (1, 1)])
def test_maps_of_another_size_agree_with_the_formula(slot: str, name: str, height: int, width: int) -> None:
    module, x = built(slot, name, (18, 7, 5)), input_of(slot, (18, height, width))
    result = module(torch.from_numpy(x))
    assert result.shape == (BATCH, *gives(slot, 18, height, width))
    assert_equal(result, FORMULAS[slot][name](x, arrays(module)))


@every_operation
@pytest.mark.parametrize("training", [True, False])
def test_on_a_single_pixel_values_and_gradients_are_finite(slot: str, name: str, training: bool) -> None:
    module = built(slot, name, (18, 7, 5)).train(training)
    x = torch.from_numpy(input_of(slot, (18, 1, 1))).requires_grad_()
    result = module(x)
    assert result.isfinite().all()
    result.sum().backward()
    assert all(tensor.grad is not None and tensor.grad.isfinite().all() for tensor in (x, *module.parameters()))


@pytest.mark.parametrize(
    ("slot", "name"), [("spatial_excite", "affine"), ("gated_squeeze", "l2-norm"), ("spatial_squeeze", "l2-norm")]
)
def test_weights_move_to_a_map_of_another_size(slot: str, name: str) -> None:
    source = built(slot, name, (18, 7, 5))
    state = {key: tensor.clone() for key, tensor in source.state_dict().items()}
    for height, width in ((9, 12), (7, 5), (1, 1)):
        other = copy.deepcopy(operation(slot, name, channels=18, height=height, width=width).double())
        other.load_state_dict(source.state_dict())
        x = torch.from_numpy(input_of(slot, (18, height, width)))
        torch.testing.assert_close(other(x), source(x), rtol=1e-12, atol=0)
    assert all(torch.equal(tensor, state[key]) for key, tensor in source.state_dict().items()), "the source was changed"


def test_weights_with_another_number_of_channels_do_not_load() -> None:
    for slot, name in (("channel_excite", "affine"), ("spatial_excite", "affine")):
        module = operation(slot, name, channels=18, height=7, width=5)
        with pytest.raises(RuntimeError, match="size mismatch for alpha"):
            module.load_state_dict({key: torch.ones(3, 7, 5) for key in ("alpha", "beta")})


def test_at_the_build_size_the_resize_of_the_affine_maps_is_exactly_inert() -> None:
    module, m = built("spatial_excite", "affine", (18, 7, 5)), torch.from_numpy(input_of("spatial_excite", (18, 7, 5)))
    alpha, beta = module.parameters()
    assert torch.equal(module(m), torch.sigmoid(alpha * m + beta))


@pytest.mark.parametrize("slot", ["gated_squeeze", "spatial_squeeze"])
def test_at_the_build_size_the_resize_of_the_layer_norm_is_exactly_inert(slot: str) -> None:
    module, x = built(slot, "l2-norm", (18, 7, 5)), torch.from_numpy(input_of(slot, (18, 7, 5)))
    scale, shift = module.parameters()
    normalised = functional.layer_norm(x, (7, 5), scale, shift)
    assert torch.equal(module(x), (normalised.square().sum(1, keepdim=True) + 1e-12).sqrt())


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


#: Operation, size that it refuses, and a size just large enough.
TOO_SMALL = [
    ("channel_squeeze", "2nd-order-pooling", (7, 8, 8), (8, 8, 8)),
    ("channel_squeeze", "2nd-order-pooling", (3, 8, 8), (8, 1, 2)),
    ("channel_squeeze", "gap+std", (18, 1, 1), (18, 1, 2)),
    ("channel_squeeze", "l2-norm", (18, 1, 1), (18, 2, 1)),
    ("gated_squeeze", "gap+std", (1, 7, 5), (2, 7, 5)),
    ("spatial_squeeze", "gap+std", (1, 7, 5), (2, 7, 5)),
]


@pytest.mark.parametrize(("slot", "name", "refused", "accepted"), TOO_SMALL)
def test_a_map_too_small_for_the_operation_is_refused_with_one_clear_line(
    slot: str, name: str, refused: tuple[int, int, int], accepted: tuple[int, int, int]
) -> None:
    with pytest.raises(RequestError) as caught:
        built(slot, name, refused)
    message = str(caught.value)
    assert "\n" not in message
    assert name in message
    too_few = refused[0] if refused[0] < 8 else refused[1] * refused[2]
    assert str(too_few) in message, "the message does not say what was got"
    result = built(slot, name, accepted)(torch.from_numpy(input_of(slot, accepted)))
    assert result.isfinite().all()


UNDEFINED_ON_ONE_PIXEL = [("channel_squeeze", "gap+std"), ("channel_squeeze", "l2-norm")]


@pytest.mark.parametrize(("slot", "name"), [case for case in CASES if case not in UNDEFINED_ON_ONE_PIXEL])
def test_all_other_operations_are_defined_on_a_map_of_one_pixel(slot: str, name: str) -> None:
    """The last stage of a small network can shrink a map to one pixel; only what divides by zero there is refused."""
    module, x = built(slot, name, (18, 1, 1)), input_of(slot, (18, 1, 1))
    assert_equal(module(torch.from_numpy(x)), FORMULAS[slot][name](x, arrays(module)))


@pytest.mark.parametrize("size", [(0, 7, 5), (18, 0, 5), (18, 7, -1)])
def test_an_empty_map_is_refused_with_one_clear_line(size: tuple[int, int, int]) -> None:
    channels, height, width = size
    with pytest.raises(RequestError, match="got .*" + str(min(size))) as caught:
        operation("channel_squeeze", "gap", channels=channels, height=height, width=width)
    assert "\n" not in str(caught.value)


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
