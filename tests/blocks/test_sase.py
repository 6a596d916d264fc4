"""The block as a whole: how the six slots are wired, against the composition of their formulas."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from sase_bench.blocks import SASEBlock
from sase_bench.errors import RequestError
from sase_bench.space import OPERATIONS, SASE_BLOCK, SLOTS, Architecture, Space
from tests.blocks import reference
from tests.blocks.layers import Array
from tests.blocks.reference import slope
from tests.blocks.sampling import BATCH, arrays, generator, random_map, randomise, tensor_names, unit_direction

#: The published block; ten blocks at random; and seven that between them hold every operation in every slot.
ARCHITECTURES = [
    SASE_BLOCK,
    *Space("full").sample(10, seed=1),
    *(Architecture.from_digits([(digit + slot) % 7 for slot in range(6)]) for digit in range(7)),
]
SIZE = (18, 7, 5)
PARTS = (*SLOTS, "mixer")

every_architecture = pytest.mark.parametrize("arch", ARCHITECTURES, ids=str)


def built(arch: Architecture, size: tuple[int, int, int] = SIZE, epsilon: float = 1e-12) -> SASEBlock:
    """The block in float64 with random weights and running statistics, in training mode."""
    channels, height, width = size
    block = SASEBlock(arch, channels, height, width, epsilon=epsilon).double()
    randomise(block, generator(f"weights of {arch}"))
    # A mixer that is shut everywhere would hide the two squeezes before it.
    with torch.no_grad():
        block.mixer[0].weight.abs_()
        block.mixer[1].weight.fill_(0.7)
        block.mixer[1].bias.fill_(0.2)
    return block


def input_of(size: tuple[int, int, int] = SIZE) -> Array:
    return random_map((BATCH, *size), generator(f"input of the block {size}"))


def weights_of(block: SASEBlock) -> dict[str, list[Array]]:
    return {part: arrays(getattr(block, part)) for part in PARTS}


def expected(block: SASEBlock, x: Array, arch: Architecture, *, training: bool = True) -> Array:
    return reference.block(x, arch.operations, weights_of(block), training=training)


def assert_equal(got: torch.Tensor, formula: Array) -> None:
    np.testing.assert_allclose(got.detach().numpy(), formula, rtol=1e-9, atol=1e-12 * np.abs(formula).max())


def test_the_architectures_tried_hold_every_operation_in_every_slot() -> None:
    assert all({arch.digits[slot] for arch in ARCHITECTURES} == set(range(7)) for slot in range(6))


@every_architecture
@pytest.mark.parametrize("size", [SIZE, (32, 8, 8)], ids=str)
def test_forward_agrees_with_the_composition_of_the_formulas(arch: Architecture, size: tuple[int, int, int]) -> None:
    block, x = built(arch, size), input_of(size)
    given = torch.from_numpy(x.copy())
    result = block(given)
    assert result.shape == given.shape
    assert_equal(result, expected(block, x, arch))
    assert np.array_equal(given.numpy(), x), "the input was overwritten"


@every_architecture
def test_evaluation_mode_agrees_with_the_formulas_on_running_statistics(arch: Architecture) -> None:
    block, x = built(arch).eval(), input_of()
    assert_equal(block(torch.from_numpy(x)), expected(block, x, arch, training=False))


@every_architecture
@pytest.mark.parametrize(("height", "width"), [(4, 3), (9, 12)])
def test_maps_of_another_size_keep_their_shape_and_agree(arch: Architecture, height: int, width: int) -> None:
    block, x = built(arch), input_of((18, height, width))
    result = block(torch.from_numpy(x))
    assert result.shape == x.shape
    assert_equal(result, expected(block, x, arch))


@every_architecture
def test_gradients_agree_with_finite_differences_of_the_formulas(arch: Architecture) -> None:
    """With respect to the input and to all parameters at once; seeds are fixed, see the same test of the operations."""
    block, x, random = built(arch), input_of(), generator(f"directions of {arch}")
    weights = weights_of(block)
    cotangent = unit_direction(x.shape, random)
    given = torch.from_numpy(x).requires_grad_()
    (block(given) * torch.from_numpy(cotangent)).sum().backward()
    assert given.grad is not None

    direction = unit_direction(x.shape, random)
    numeric = slope(lambda at: float((cotangent * reference.block(at, arch.operations, weights)).sum()), x, direction)
    assert numeric != 0
    assert float((given.grad.numpy() * direction).sum()) == pytest.approx(numeric, rel=1e-6, abs=1e-9)

    directions = {name: 0.1 * random.normal(size=parameter.shape) for name, parameter in block.named_parameters()}
    analytic = 0.0
    for name, parameter in block.named_parameters():
        assert parameter.grad is not None, name
        analytic += float((parameter.grad.numpy() * directions[name]).sum())

    def value(at: Array) -> float:
        """The formula's output along the cotangent, all parameters having moved `at` times their directions."""
        moved = {
            part: [
                weight + at * directions.get(f"{part}.{name}", 0.0)
                for name, weight in zip(tensor_names(getattr(block, part)), weights[part], strict=True)
            ]
            for part in PARTS
        }
        return float((cotangent * reference.block(x, arch.operations, moved)).sum())

    assert analytic == pytest.approx(slope(value, np.zeros(()), np.ones(())), rel=1e-6, abs=1e-9)


def test_parts_are_registered_in_the_order_in_which_they_are_applied() -> None:
    block = SASEBlock(SASE_BLOCK, 32, 8, 8)
    assert [name for name, _ in block.named_children()] == [
        "channel_squeeze",
        "channel_excite",
        "channel_gate",
        "gated_squeeze",
        "spatial_squeeze",
        "mixer",
        "spatial_excite",
    ]


@every_architecture
def test_the_state_lists_the_tensors_part_by_part_in_that_order(arch: Architecture) -> None:
    block = built(arch)
    parts = [name.partition(".")[0] for name in block.state_dict()]
    order = [name for name, _ in block.named_children()]
    assert parts == sorted(parts, key=order.index)
    assert sum(len(weights) for weights in weights_of(block).values()) == len(tensor_names(block))


def test_the_mixer_is_a_convolution_a_batch_norm_with_scale_and_shift_and_a_relu() -> None:
    convolution, normalisation, rectifier = SASEBlock(SASE_BLOCK, 32, 8, 8).mixer
    assert isinstance(convolution, nn.Conv2d)
    assert convolution.weight.shape == (1, 2, 1, 1)
    assert convolution.bias is None
    assert isinstance(normalisation, nn.BatchNorm2d)
    assert normalisation.affine
    assert normalisation.track_running_stats
    assert normalisation.weight.tolist() == [1.0]
    assert normalisation.bias.tolist() == [0.0]
    assert isinstance(rectifier, nn.ReLU)


def test_weights_move_between_two_blocks_by_position_in_the_state() -> None:
    first, second, x = built(SASE_BLOCK), SASEBlock(SASE_BLOCK, *SIZE).double(), torch.from_numpy(input_of())
    second.load_state_dict(dict(zip(second.state_dict(), first.state_dict().values(), strict=True)))
    assert torch.equal(first.eval()(x), second.eval()(x))


@every_architecture
def test_single_precision_stays_single_and_near_double(arch: Architecture) -> None:
    block, x = built(arch), input_of()
    formula = expected(block, x, arch)
    result = block.float()(torch.from_numpy(x).float())
    assert result.dtype == torch.float32
    np.testing.assert_allclose(result.detach().numpy(), formula, rtol=1e-3, atol=1e-4 * np.abs(formula).max())


def gradients_behind_a_dead_gate(squeeze: str, epsilon: float) -> list[torch.Tensor]:
    """All gradients of a block whose gate has no sigmoid and all weights 0, so that its gated map is exactly 0."""
    operations = {**SASE_BLOCK.operations, "channel_gate": "2conv_1x1", "gated_squeeze": squeeze}
    arch = Architecture.from_operations(operations)
    block = SASEBlock(arch, *SIZE, epsilon=epsilon).double()
    for weight in block.channel_gate.parameters():
        nn.init.zeros_(weight)
    nn.init.ones_(block.mixer[0].weight)  # a random one may be cut off by the ReLU behind it
    x = torch.from_numpy(input_of()).requires_grad_()
    block(x).square().sum().backward()
    gradients = [tensor.grad for tensor in (x, *block.parameters())]
    return [gradient for gradient in gradients if gradient is not None]


@pytest.mark.parametrize("squeeze", OPERATIONS["gated_squeeze"])
def test_behind_a_dead_gate_all_gradients_are_finite(squeeze: str) -> None:
    assert all(gradient.isfinite().all() for gradient in gradients_behind_a_dead_gate(squeeze, epsilon=1e-12))


@pytest.mark.parametrize("squeeze", ["l2-norm", "p-norm"])
def test_behind_a_dead_gate_gradients_without_epsilon_are_not_finite(squeeze: str) -> None:
    assert not all(gradient.isfinite().all() for gradient in gradients_behind_a_dead_gate(squeeze, epsilon=0.0))


def test_a_block_with_an_operation_that_the_map_is_too_small_for_is_refused_in_one_line() -> None:
    arch = Architecture.from_operations({**SASE_BLOCK.operations, "channel_squeeze": "gap+std"})
    with pytest.raises(RequestError) as caught:
        SASEBlock(arch, 18, 1, 1)
    assert "gap+std" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("given", [SASE_BLOCK, str(SASE_BLOCK), "54983", 54983, np.int32(54983)], ids=repr)
def test_a_block_is_named_by_itself_its_text_or_its_index(given: object) -> None:
    assert SASEBlock(given, 32, 8, 8).arch == SASE_BLOCK  # type: ignore[arg-type]


@pytest.mark.parametrize("given", [True, None, 2.5, [1], np.zeros(3)], ids=repr)
def test_what_names_no_block_is_refused(given: object) -> None:
    with pytest.raises(RequestError, match="a block is an Architecture, its text or its index, got "):
        SASEBlock(given, 32, 8, 8)  # type: ignore[arg-type]


@pytest.mark.parametrize("epsilon", [-1e-12, float("nan"), float("inf")])
def test_epsilon_is_a_number_that_can_stand_under_a_root(epsilon: float) -> None:
    with pytest.raises(RequestError, match="epsilon is 0 or positive, got "):
        SASEBlock(SASE_BLOCK, 32, 8, 8, epsilon=epsilon)


def test_the_printed_block_names_its_architecture() -> None:
    assert str(SASE_BLOCK) in repr(SASEBlock(SASE_BLOCK, 32, 8, 8))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize("arch", ARCHITECTURES[-7:], ids=str)
def test_under_autocast_the_block_computes_in_single_precision(arch: Architecture, dtype: torch.dtype) -> None:
    block = built(arch).float().eval()
    x = 30 * torch.from_numpy(input_of()).to(dtype)  # x⁴ is beyond half precision
    with torch.autocast("cpu", dtype):
        y = block(x)
    assert y.dtype == dtype
    assert torch.equal(y, block(x.float()).to(dtype))


@pytest.mark.parametrize("arch", ARCHITECTURES[-7:], ids=str)
def test_autocast_leaves_double_precision_alone(arch: Architecture) -> None:
    block, x = built(arch).double().eval(), torch.from_numpy(input_of()).double()
    with torch.autocast("cpu", torch.bfloat16):
        y = block(x)
    assert torch.equal(y, block(x))


@pytest.mark.parametrize("arch", [SASE_BLOCK, *ARCHITECTURES[-7:]], ids=str)
@pytest.mark.parametrize("training", [False, True])
def test_a_block_in_half_precision_computes_in_single_precision(arch: Architecture, training: bool) -> None:
    """Weights and running statistics are kept in half precision, and rounded when they have moved."""
    half = built(arch).half().train(training)
    single = copy.deepcopy(half).float()
    x = 20 * torch.from_numpy(input_of()).half()  # x⁴ is beyond half precision
    y, expected = half(x), single(x.float())
    assert y.dtype == torch.float16
    assert torch.equal(y, expected.half())
    assert all(torch.equal(tensor, single.state_dict()[name].half()) for name, tensor in half.state_dict().items())
    assert {tensor.dtype for tensor in half.state_dict().values()} <= {torch.float16, torch.int64}


def test_a_block_in_half_precision_has_gradients_and_its_hooks_run_once() -> None:
    half, seen = built(SASE_BLOCK).half(), []
    half.register_forward_hook(lambda *_: seen.append("block"))
    half.mixer.register_forward_hook(lambda *_: seen.append("mixer"))
    half(torch.from_numpy(input_of()).half()).square().mean().backward()
    assert seen == ["mixer", "block"]
    assert all(parameter.grad is not None and parameter.grad.dtype == torch.float16 for parameter in half.parameters())


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
def test_autocast_takes_a_block_in_half_precision(dtype: torch.dtype) -> None:
    half = built(SASE_BLOCK).to(dtype).eval()
    x = torch.from_numpy(input_of()).to(dtype)
    with torch.autocast("cpu", dtype):
        y = half(x)
    assert torch.equal(y, copy.deepcopy(half).float()(x.float()).to(dtype))
