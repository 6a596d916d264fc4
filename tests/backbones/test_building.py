import pytest
import torch

from sase_bench.backbones import cifar_resnet, resnet50
from sase_bench.backbones.building import network_on
from sase_bench.cost import cost_in
from sase_bench.recipes.registry import PROXIES
from sase_bench.space import SASE_BLOCK
from sase_bench.trunk import CifarTrunk, ResNetTrunk, Trunk


@pytest.mark.parametrize("trunk", [PROXIES["digits-local-colours-long"].trunk, ResNetTrunk(depth=50)])
def test_a_network_is_the_one_that_its_trunk_describes(trunk: Trunk) -> None:
    for attention, params in ((None, trunk.params), (SASE_BLOCK, cost_in(trunk, SASE_BLOCK)[0])):
        network = network_on(trunk, attention)
        assert network.trunk == trunk
        assert sum(parameter.numel() for parameter in network.parameters()) == params


def test_it_starts_as_the_networks_do_that_are_called_by_their_names() -> None:
    pairs = (
        (lambda: network_on(CifarTrunk(depth=8), "se"), lambda: cifar_resnet(8, "se")),
        (lambda: network_on(ResNetTrunk(depth=50, num_classes=3), zero_init_residual=True),
         lambda: resnet50(num_classes=3, zero_init_residual=True)),
    )  # fmt: skip
    for build, named in pairs:
        states = []
        for make in (build, named):
            torch.manual_seed(0)
            states.append(make().state_dict())
        assert states[0].keys() == states[1].keys()
        assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
