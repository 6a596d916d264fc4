import numpy as np
import pytest
import torch

from sase_bench.backbones import cifar_resnet, count_network, resnet50, resnet101
from sase_bench.cost import count, operation_costs
from sase_bench.errors import RequestError
from sase_bench.space import OPERATIONS, SASE_BLOCK, SLOTS, Architecture, Space
from sase_bench.trunk import CifarTrunk, ResNetTrunk, Stage

#: Each operation of each slot at least once, and the published block.
COVERING = [Architecture.from_digits([digit] * 6) for digit in range(7)] + [SASE_BLOCK]


@pytest.mark.parametrize("arch", COVERING, ids=str)
@pytest.mark.parametrize(("depth", "width", "side", "kernel"), [(8, 8, 8, 3), (20, 16, 32, 3), (14, 10, 16, 1)])
def test_cifar_costs_are_those_of_the_real_modules(arch: Architecture, depth: int, width: int, side: int, kernel: int) -> None:
    network = cifar_resnet(depth, arch, num_classes=7, width=width, resolution=side, in_channels=2, kernel_size=kernel)
    cost = count(network.trunk, [arch])
    assert (int(cost.params[0]), int(cost.flops[0])) == count_network(network, 2, side, side)


@pytest.mark.parametrize("trunk", [CifarTrunk(depth=8), CifarTrunk(depth=20, width=24), CifarTrunk(depth=8, kernel_size=1)])
def test_plain_cifar_costs_are_those_of_the_real_modules(trunk: CifarTrunk) -> None:
    network = cifar_resnet(trunk.depth, width=trunk.width, kernel_size=trunk.kernel_size)
    assert (trunk.params, trunk.flops) == count_network(network, 3, trunk.resolution, trunk.resolution)


@pytest.mark.parametrize(("build", "depth", "params"), [(resnet50, 50, 25_557_032), (resnet101, 101, 44_549_160)])
def test_plain_resnets_cost_what_torchvision_says(build: object, depth: int, params: int) -> None:
    trunk = ResNetTrunk(depth=depth)
    assert trunk.params == params
    with torch.device("meta"):
        network = build()  # type: ignore[operator]
    assert sum(parameter.numel() for parameter in network.parameters()) == params


def test_resnet50_costs_with_blocks_are_those_of_the_real_modules() -> None:
    trunk = ResNetTrunk(depth=50, resolution=64, num_classes=10)
    for arch in (SASE_BLOCK, Architecture.from_digits([6] * 6)):
        cost = count(trunk, [arch])
        network = resnet50(arch, num_classes=10, resolution=64)
        assert (int(cost.params[0]), int(cost.flops[0])) == count_network(network, 3, 64, 64)


def test_the_whole_space_is_counted_in_one_call() -> None:
    space, trunk = Space("full"), CifarTrunk(depth=20)
    cost = count(trunk, space.digits())
    assert cost.params.shape == cost.flops.shape == (117_649,)
    some = space.sample(50, seed=1)
    one_by_one = count(trunk, some)
    np.testing.assert_array_equal(cost.params[[arch.index for arch in some]], one_by_one.params)
    np.testing.assert_array_equal(cost.flops[[arch.index for arch in some]], one_by_one.flops)


def test_every_operation_has_a_cost() -> None:
    costs = operation_costs(Stage(16, 8, 8, 1))
    assert {slot: tuple(costs[members]) for slot, members in SLOTS.items()} == OPERATIONS


def test_narrow_blocks_are_refused() -> None:
    with pytest.raises(RequestError, match="needs at least 8 channels, got 4"):
        count(CifarTrunk(depth=8, width=4), [SASE_BLOCK])
