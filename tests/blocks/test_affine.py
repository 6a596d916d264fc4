import copy

import pytest
import torch
from torch.nn import functional

from sase_bench.blocks import operation
from tests.blocks.operations import assert_equal, built, every_operation, gives, input_of
from tests.blocks.reference import FORMULAS
from tests.blocks.sampling import BATCH, arrays


@every_operation
@pytest.mark.parametrize(("height", "width"), [(4, 3), (9, 5), (13, 21), (1, 1)])
def test_maps_of_another_size_agree_with_the_formula(slot: str, name: str, height: int, width: int) -> None:
    module, x = built(slot, name, (18, 7, 5)), input_of(slot, (18, height, width))
    result = module(torch.from_numpy(x))
    assert result.shape == (BATCH, *gives(slot, 18, height, width))
    assert_equal(result, FORMULAS[slot][name](x, arrays(module)))


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
