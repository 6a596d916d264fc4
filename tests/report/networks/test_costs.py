"""Costs of blocks in ResNet-50."""

from sase_bench.backbones import count_network, resnet50
from sase_bench.modules import Module
from sase_bench.report.networks.costs import TRUNK_OF, cost_of
from sase_bench.report.networks.times import Times, in_resnet50
from sase_bench.space import SASE_BLOCK


def test_counts_are_those_of_the_built_network() -> None:
    (cost,) = in_resnet50([SASE_BLOCK.index], Times())
    params, flops = count_network(resnet50(SASE_BLOCK), 3, 224, 224)
    times = dict.fromkeys(f"resnet50_time{end}" for end in ("", "_low", "_high", "_is"))
    assert cost == {"resnet50_params": params, "resnet50_flops": flops, **times}


def test_the_plain_networks_are_the_known_ones() -> None:
    assert [cost_of(backbone, Module("none")).params for backbone in TRUNK_OF] == [25_557_032, 44_549_160]
