import pytest
import torch

from sase_bench.backbones import cifar_resnet, resnet50
from sase_bench.space import SASE_BLOCK
from tests.backbones.networks import blocks_of


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


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("squeeze", ["gap+std", "l2-norm"])
def test_images_as_small_as_a_pixel_of_the_last_stage_are_classified(squeeze: str, training: bool) -> None:
    network = resnet50(f"{squeeze}/affine/affine/gap/gap/conv_3x3", num_classes=5).train(training)
    with torch.no_grad():
        assert network(torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))).isfinite().all()
