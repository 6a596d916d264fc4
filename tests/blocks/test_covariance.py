import copy

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sase_bench.blocks import operation
from sase_bench.blocks.covariance import RowConv2d, covariance_rows, defined, implicit, repeated


def layers(size: int) -> tuple[nn.BatchNorm2d, RowConv2d]:
    torch.manual_seed(size)
    norm, row = nn.BatchNorm2d(size).double(), RowConv2d(size).double()
    for tensor in (norm.weight, norm.bias, row.weight):
        nn.init.normal_(tensor)
    return norm, row


def assert_same(way: object, r: Tensor, expected_from: Tensor, size: int, *options: object) -> None:
    """Values, gradients of everything, and running statistics, first in training and then in evaluation."""
    norm, row = layers(size)
    other_norm, other_row = copy.deepcopy(norm), copy.deepcopy(row)
    r.requires_grad_()
    for training in (True, False):
        norm.train(training)
        other_norm.train(training)
        got, expected = way(r, norm, row, *options), defined(expected_from, other_norm, other_row)  # type: ignore[operator]
        torch.testing.assert_close(got, expected)
        direction = torch.randn_like(got)
        inputs = torch.autograd.grad((got * direction).sum(), [r, norm.weight, norm.bias, row.weight], retain_graph=True)
        others = [r, other_norm.weight, other_norm.bias, other_row.weight]
        torch.testing.assert_close(inputs, torch.autograd.grad((expected * direction).sum(), others, retain_graph=True))
        for name, tensor in norm.named_buffers():
            torch.testing.assert_close(tensor, other_norm.get_buffer(name))


def test_the_covariance_need_not_be_built() -> None:
    r = torch.randn(5, 12, 3, dtype=torch.float64)
    assert_same(implicit, r, r, 12)


@pytest.mark.parametrize("map_size", [(4, 4), (2, 4), (1, 2), (1, 1)])
def test_equal_positions_need_not_be_computed_twice(map_size: tuple[int, int]) -> None:
    r = torch.randn(5, map_size[0] * map_size[1], 3, dtype=torch.float64, requires_grad=True)
    tiles = F.interpolate(r.transpose(1, 2).unflatten(2, map_size), (8, 8), mode="nearest").flatten(2).transpose(1, 2)
    assert_same(lambda r, *rest: repeated(r, *rest, (8, 8), map_size), r, tiles, 64)
    norm, row = layers(64)
    row.as_defined = True
    torch.testing.assert_close(repeated(r, norm, row, (8, 8), map_size), defined(tiles, norm, row))


@pytest.mark.parametrize("shape", [(4, 6, 3), (4, 3, 6)])
def test_the_way_depends_on_the_shape_and_the_result_does_not(shape: tuple[int, int, int]) -> None:
    r = torch.randn(shape, dtype=torch.float64)
    assert_same(covariance_rows, r, r, shape[1])


class Seen(nn.BatchNorm2d):
    """Batch normalisation that remembers the shapes it was given."""

    def forward(self, x: Tensor) -> Tensor:
        self.shapes = [*getattr(self, "shapes", ()), tuple(x.shape)]
        return super().forward(x)


#: Slot, channels, side: what takes `implicit`, what takes `repeated`, and what takes neither.
POOLINGS = [("channel_squeeze", 64, 3), ("spatial_squeeze", 16, 9), ("spatial_squeeze", 16, 4), ("channel_squeeze", 16, 9)]
every_pooling = pytest.mark.parametrize(("slot", "channels", "side"), POOLINGS)


def pooling(slot: str, channels: int, side: int) -> tuple[nn.Module, Tensor]:
    torch.manual_seed(side)
    module = operation(slot, "2nd-order-pooling", channels=channels, height=side, width=side).double()
    return module, torch.randn(3, channels, side, side, dtype=torch.float64)


@every_pooling
def test_a_normalisation_put_in_the_place_of_torchs_does_its_own_work(slot: str, channels: int, side: int) -> None:
    module, x = pooling(slot, channels, side)
    other = copy.deepcopy(module)
    size = module.norm.num_features
    other.norm = Seen(size).double()
    for training in (True, False):
        torch.testing.assert_close(other.train(training)(x), module.train(training)(x))
    assert other.norm.shapes == 2 * [(3, size, size, 1)]
    torch.testing.assert_close(other.norm.running_var, module.norm.running_var)


@every_pooling
def test_a_synchronised_normalisation_is_asked_for_its_statistics(slot: str, channels: int, side: int) -> None:
    module, x = pooling(slot, channels, side)
    other, seen = nn.SyncBatchNorm.convert_sync_batchnorm(copy.deepcopy(module)), []
    assert isinstance(other.norm, nn.SyncBatchNorm)
    other.norm.register_forward_hook(lambda norm, inputs, _: seen.append(inputs[0].shape))
    for training in (True, False):  # alone, it does what torch's other one does
        torch.testing.assert_close(other.train(training)(x), module.train(training)(x))
    assert seen == 2 * [(3, module.norm.num_features, module.norm.num_features, 1)]


@every_pooling
@pytest.mark.parametrize(
    "options", [{"momentum": None}, {"track_running_stats": False}, {"affine": False}], ids=lambda options: next(iter(options))
)
def test_batch_normalisation_with_other_options_is_torchs(
    slot: str, channels: int, side: int, options: dict[str, bool | None]
) -> None:
    module, x = pooling(slot, channels, side)
    other = copy.deepcopy(module)
    size = module.norm.num_features
    module.norm, other.norm = (kind(size, **options).double() for kind in (nn.BatchNorm2d, Seen))
    for training in (True, True, False):
        torch.testing.assert_close(module.train(training)(x), other.train(training)(x), rtol=0, atol=0)
    for name, tensor in module.norm.named_buffers():
        assert torch.equal(tensor, other.norm.get_buffer(name)), name
