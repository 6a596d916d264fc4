from collections.abc import Callable

import pytest
import torch
from torch import nn

from sase_bench.backbones import MODULES, cifar_resnet, resnet50, resnet101
from sase_bench.errors import RequestError
from sase_bench.space import SASE_BLOCK
from tests.backbones.networks import blocks_of


@pytest.mark.parametrize("attention", [None, "none", SASE_BLOCK, str(SASE_BLOCK), "54983", 54983, *MODULES, "SE"])
def test_every_way_to_name_attention_builds_a_network_that_classifies(attention: object) -> None:
    network = cifar_resnet(8, attention, num_classes=7, width=16, resolution=16)  # type: ignore[arg-type]
    assert network(torch.zeros(2, 3, 16, 16)).shape == (2, 7)


def test_published_modules_differ_from_the_plain_network() -> None:
    sizes = {name: sum(p.numel() for p in cifar_resnet(8, name).parameters()) for name in (None, *MODULES)}
    assert {name for name in MODULES if sizes[name] == sizes[None]} == {"ge", "simam"}  # they have nothing to learn
    assert all(sizes[name] >= sizes[None] for name in MODULES)


def test_the_published_block_goes_by_the_name_of_its_paper() -> None:
    network = cifar_resnet(8, "SASE")
    assert {block.arch for block in blocks_of(network)} == {SASE_BLOCK}
    assert network.attention == str(SASE_BLOCK)


@pytest.mark.parametrize("name", [None, *MODULES])
def test_a_network_knows_its_attention_under_a_name_that_builds_it_again(name: str | None) -> None:
    network = cifar_resnet(8, name)
    again = cifar_resnet(8, network.attention)
    assert {k: v.shape for k, v in network.state_dict().items()} == {k: v.shape for k, v in again.state_dict().items()}
    assert again.attention == network.attention == (name or "none")


@pytest.mark.parametrize("build", [resnet50, resnet101, lambda *given, **options: cifar_resnet(8, *given, **options)])
def test_epsilon_reaches_every_block(build: Callable[..., nn.Module]) -> None:
    with torch.device("meta"):
        networks = build("sase"), build("sase", epsilon=0.0), build("srm", epsilon=0.0)
    found = [{(block.epsilon, block.gated_squeeze.epsilon) for block in blocks_of(network)} for network in networks]
    assert found == [{(1e-12, 1e-12)}, {(0.0, 0.0)}, set()]


@pytest.mark.parametrize(
    ("attention", "message"),
    [
        (
            "sea",
            "unknown attention module 'sea'; did you mean se or sge or ese? (or write a block: six operations joined by '/', "
            "or an index)",
        ),
        ("gap/affine", "an architecture is six operation names joined by '/' or an index, got 2 in 'gap/affine'"),
    ],
)
def test_unknown_attention_is_refused_with_the_choices(attention: str, message: str) -> None:
    with pytest.raises(RequestError) as error:
        cifar_resnet(8, attention)
    assert str(error.value) == message
