import copy

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

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
