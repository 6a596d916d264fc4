import pytest
import torch

from sase_bench.blocks import operation
from sase_bench.errors import RequestError
from tests.blocks.operations import CASES, assert_equal, built, every_operation, input_of
from tests.blocks.reference import FORMULAS
from tests.blocks.sampling import arrays


@every_operation
@pytest.mark.parametrize("training", [True, False])
def test_on_a_single_pixel_values_and_gradients_are_finite(slot: str, name: str, training: bool) -> None:
    module = built(slot, name, (18, 7, 5)).train(training)
    x = torch.from_numpy(input_of(slot, (18, 1, 1))).requires_grad_()
    result = module(x)
    assert result.isfinite().all()
    result.sum().backward()
    assert all(tensor.grad is not None and tensor.grad.isfinite().all() for tensor in (x, *module.parameters()))


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
