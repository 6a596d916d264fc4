"""The counter of real networks: what it counts, and how its counts of published modules compare with their papers'.

That it agrees with `sase_bench.cost` on every operation of the space is tested in `tests/test_cost.py`.
"""

import pytest
import torch
from torch import nn

from sase_bench.backbones import MODULES, cifar_resnet, count_network, resnet50
from sase_bench.blocks import SASEBlock
from sase_bench.modules import Stage, build
from sase_bench.space import SASE_BLOCK

PLAIN = 25_557_032  # parameters of ResNet-50
MILLION, BINARY_MILLION = 10**6, 2**20

#: Parameters of ResNet-50 with a module in all 16 bottlenecks: the figure as it was published, its unit and its source.
PUBLISHED = {
    "se": ("28.088", MILLION, "MCANet repository, figure 6"),
    "ge": ("25.56", MILLION, "DCANet repository, README"),
    "cbam": ("28.090", MILLION, "MCANet repository, figure 6"),
    "gc": ("28.11", MILLION, "DCANet repository, README"),
    "sge": ("25.559", MILLION, "MCANet repository, figure 6"),
    "srm": ("25.617", MILLION, "MCANet repository, figure 6; 25.62 by the authors"),
    "eca": ("24.37", BINARY_MILLION, "ECA-Net, table 3"),
    "shuffle": ("25.558", MILLION, "MCANet repository, figure 6; 25.56 by the authors"),
    "simam": ("25.56", MILLION, "authors' repository, README"),
    "triplet": ("25.562", MILLION, "MCANet repository, figure 6; 25.56 by the authors"),
    "mca": ("25.557", MILLION, "authors' repository, figure 6"),
}

#: Published for something else than one module in every bottleneck, or not published for ResNet-50: nothing to compare.
ELSEWHERE = {
    "ese": "VoVNet",
    "bam": "three of them, after stages; compared below",
    "light-cbam": "timm's own variant",
    "scse": "U-Nets",
    "double": "five blocks between bottlenecks",
    "gsop": "at the ends of stages",
    "gct": "before every convolution",
    "coord": "MobileNetV2",
    "fca": "30.12 million in another code base, 2 million more than the module has",
    "ema": "MobileNetV2",
}


def counted(name: str | None) -> tuple[int, int]:
    with torch.device("meta"):
        network = resnet50(name)
    return count_network(network, 3, 224, 224)


def test_every_module_is_compared_or_said_why_not() -> None:
    assert set(PUBLISHED) | set(ELSEWHERE) == set(MODULES)
    assert not set(PUBLISHED) & set(ELSEWHERE)


@pytest.mark.parametrize("name", PUBLISHED)
def test_parameters_in_resnet50_are_those_published(name: str) -> None:
    figure, unit, _ = PUBLISHED[name]
    decimals = len(figure.partition(".")[2])
    assert f"{counted(name)[0] / unit:.{decimals}f}" == figure


def test_three_bam_are_as_large_as_published() -> None:
    """25.92 in the paper's own table; the authors' later code has 25.915, normalised in other places."""
    stages = [Stage(channels, 7, 7, 1) for channels in (256, 512, 1024)]
    modules = sum(parameter.numel() for stage in stages for parameter in build("bam", stage).parameters())
    assert f"{(PLAIN + modules) / MILLION:.2f}" == "25.92"


def test_triplet_attention_adds_the_published_flops() -> None:
    """4.169 - 4.122 = 0.047 GFLOPs in the MCANet repository's figure 6, where element-wise work counts a little too."""
    assert (counted("triplet")[1] - counted(None)[1]) / 1e9 == pytest.approx(0.047, abs=0.0015)


@pytest.mark.parametrize(
    ("layer", "shape", "flops"),
    [
        (nn.Conv2d(4, 6, 3, padding=1, bias=True), (4, 5, 7), 4 * 6 * 9 * 35),
        (nn.Conv2d(4, 4, 3, padding=1, groups=4), (4, 5, 7), 4 * 9 * 35),
        (nn.Sequential(nn.BatchNorm2d(4), nn.AvgPool2d(2), nn.Sigmoid()), (4, 6, 6), 0),
        (SASEBlock(SASE_BLOCK, 16, 8, 8), (16, 8, 8), 2 * 16 + 2 * 16 + 2 * 64 + 2 * 9 * 64),
    ],
)
def test_only_multiplications_with_weights_and_matrix_products_count(
    layer: nn.Module, shape: tuple[int, int, int], flops: int
) -> None:
    assert count_network(layer, *shape).flops == flops


def test_counting_leaves_the_network_as_it_was() -> None:
    network = cifar_resnet(8, "2nd-order-pooling/affine/affine/gap/2nd-order-pooling/affine", width=8, resolution=8)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    first = count_network(network, 3, 8, 8)
    assert count_network(network, 3, 8, 8) == first
    assert network.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


def test_a_block_of_the_space_is_counted_without_memory() -> None:
    with torch.device("meta"):
        network = cifar_resnet(8, SASE_BLOCK)
    assert count_network(network, 3, 32, 32) == count_network(cifar_resnet(8, SASE_BLOCK), 3, 32, 32)


def test_counting_leaves_frozen_parts_frozen() -> None:
    network = cifar_resnet(8, "sase").double().train()
    network.stem.eval()
    before = [module.training for module in network.modules()]
    count_network(network, 3, 32, 32)
    assert [module.training for module in network.modules()] == before
