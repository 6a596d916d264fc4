from collections.abc import Callable

import pytest
import torch
import torchvision
from torch import nn

from sase_bench.backbones import MODULES, cifar_resnet, resnet50, resnet101
from sase_bench.blocks import SASEBlock
from sase_bench.errors import RequestError
from sase_bench.space import SASE_BLOCK, Space


def blocks_of(network: nn.Module) -> list[SASEBlock]:
    return [module for module in network.modules() if isinstance(module, SASEBlock)]


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


def test_a_block_stands_in_every_residual_block_with_the_shape_of_its_map() -> None:
    network = cifar_resnet(14, SASE_BLOCK, width=8, resolution=16)
    shapes: list[tuple[int, ...]] = []
    for block in blocks_of(network):
        block.register_forward_hook(lambda _, inputs, output: shapes.append((*inputs[0].shape[1:], *output.shape[1:])))
    network(torch.zeros(2, 3, 16, 16))
    stages = [(stage.channels, stage.height, stage.width) for stage in network.trunk.stages]
    assert shapes == [2 * stage for stage in stages for _ in range(2)]


def test_attention_acts_before_the_shortcut_is_added() -> None:
    network = cifar_resnet(8, SASE_BLOCK, width=8, resolution=8).eval()
    block = network.stages[0][0]
    x = torch.randn(2, 8, 8, 8, generator=torch.Generator().manual_seed(0))
    y = block.conv2(torch.relu(block.conv1(x)))
    torch.testing.assert_close(block(x), torch.relu(block.attention(y) + x))


def test_without_3x3_kernels_a_pixel_sees_no_further_than_the_stem_and_the_pooling() -> None:
    network = cifar_resnet(8, kernel_size=1, width=8, resolution=16).eval()
    x = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0)).requires_grad_()
    (gradient,) = torch.autograd.grad(network.stages(network.stem(x))[0, :, 0, 0].sum(), x)
    seen = gradient.abs().sum((0, 1)) > 0
    assert seen[:5, :5].any()
    assert not seen[5:].any()
    assert not seen[:, 5:].any()


@pytest.mark.parametrize(
    ("ours", "theirs"), [(resnet50, torchvision.models.resnet50), (resnet101, torchvision.models.resnet101)]
)
def test_plain_resnets_are_torchvisions(ours: Callable[[], nn.Module], theirs: Callable[[], nn.Module]) -> None:
    with torch.device("meta"):
        assert {k: v.shape for k, v in ours().state_dict().items()} == {k: v.shape for k, v in theirs().state_dict().items()}


def test_plain_resnet50_computes_what_torchvisions_does() -> None:
    ours, theirs = resnet50(num_classes=5).eval(), torchvision.models.resnet50(num_classes=5).eval()
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(ours(x), theirs(x))


def test_resnet50_takes_torchvisions_weights_beside_the_blocks_and_runs_at_other_sizes() -> None:
    network = resnet50("54983", num_classes=5, resolution=64).eval()
    missing, unexpected = network.load_state_dict(torchvision.models.resnet50(num_classes=5).state_dict(), strict=False)
    assert unexpected == []
    assert all(".attention." in name for name in missing)
    assert len(blocks_of(network)) == 16
    with torch.no_grad():
        assert network(torch.zeros(1, 3, 96, 64)).shape == (1, 5)


def test_blocks_of_resnet50_are_built_for_the_maps_they_meet() -> None:
    arch = Space("full").sample(1, seed=0)[0]
    network = resnet50(arch, num_classes=5, resolution=96).eval()
    met: list[tuple[int, ...]] = []
    for block in blocks_of(network):
        block.register_forward_hook(lambda _, inputs, __: met.append(tuple(inputs[0].shape[1:])))
    with torch.no_grad():
        network(torch.zeros(1, 3, 96, 96))
    assert sorted(set(met)) == [(256, 24, 24), (512, 12, 12), (1024, 6, 6), (2048, 3, 3)]


@pytest.mark.parametrize("build", [resnet50, resnet101, lambda *given, **options: cifar_resnet(8, *given, **options)])
def test_epsilon_reaches_every_block(build: Callable[..., nn.Module]) -> None:
    with torch.device("meta"):
        networks = build("sase"), build("sase", epsilon=0.0), build("srm", epsilon=0.0)
    found = [{(block.epsilon, block.gated_squeeze.epsilon) for block in blocks_of(network)} for network in networks]
    assert found == [{(1e-12, 1e-12)}, {(0.0, 0.0)}, set()]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("squeeze", ["gap+std", "l2-norm"])
def test_images_as_small_as_a_pixel_of_the_last_stage_are_classified(squeeze: str, training: bool) -> None:
    network = resnet50(f"{squeeze}/affine/affine/gap/gap/conv_3x3", num_classes=5).train(training)
    with torch.no_grad():
        assert network(torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))).isfinite().all()


@pytest.mark.parametrize("build", [resnet50, resnet101, lambda **options: cifar_resnet(8, **options)])
@pytest.mark.parametrize("resolution", [(224, 320), 0, 32.0, True, None], ids=repr)
def test_a_resolution_is_one_number_of_pixels(build: Callable[..., nn.Module], resolution: object) -> None:
    with pytest.raises(RequestError) as error:
        build(resolution=resolution)
    assert str(error.value).startswith(f"resolution is a number of pixels, height = width, got {resolution!r}; ")


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
