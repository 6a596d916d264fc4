from collections.abc import Callable

import pytest
import torch
import torchvision
from torch import nn

from sase_bench.backbones import resnet50, resnet101
from sase_bench.space import Space
from tests.backbones.networks import blocks_of


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


def test_a_dilated_stage_has_blocks_of_the_size_of_its_map() -> None:
    network = resnet50(
        "gap/affine/affine/l2-norm/l2-norm/affine", 5, resolution=64, width_per_group=4,
        replace_stride_with_dilation=[False, False, True],
    )  # fmt: skip
    sizes = {}
    for name in ("layer3", "layer4"):
        block = getattr(network, name)[0].attention
        block.register_forward_pre_hook(lambda _, maps, name=name: sizes.update({name: maps[0].shape[2:]}))
    network.eval()(torch.zeros(1, 3, 64, 64))
    for name, size in sizes.items():
        assert getattr(network, name)[0].attention.spatial_excite.alpha.shape[1:] == size
    assert sizes["layer3"] == sizes["layer4"] == (4, 4)
