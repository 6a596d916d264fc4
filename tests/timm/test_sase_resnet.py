from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from torch import nn

from sase_bench.backbones import load_checkpoint, resnet50, save_checkpoint
from sase_bench.blocks import SASEBlock
from sase_bench.errors import RequestError
from tests.timm.networks import TEXT, images, model, on_meta, shapes


def test_without_attention_it_is_timms_resnet50() -> None:
    ours, theirs = on_meta("sase_resnet50", attention="none"), on_meta("resnet50")
    assert shapes(ours) == shapes(theirs)


def test_blocks_are_built_for_the_maps_that_they_meet() -> None:
    met: list[tuple[int, ...]] = []
    for options in ({}, {"output_stride": 16}, {"img_size": (96, 160)}):
        network = timm.create_model("sase_resnet50", attention=TEXT, **{"img_size": 64, **options}).eval()
        for module in network.modules():
            if isinstance(module, SASEBlock):
                module.register_forward_hook(
                    lambda block, inputs, _: met.append((*inputs[0].shape[2:], *block.spatial_excite.alpha.shape[1:]))
                )
        height, width = timm.layers.to_2tuple(options.get("img_size", 64))
        with torch.no_grad():
            network(torch.zeros(1, 3, height, width))
    assert len(met) == 3 * 16
    assert all(shape[:2] == shape[2:] for shape in met)


def test_the_size_is_that_of_the_configuration() -> None:
    def first(**options: Any) -> tuple[int, ...]:
        return tuple(on_meta("sase_resnet50", attention=TEXT, **options).layer1[0].se.spatial_excite.alpha.shape[1:])

    assert first() == (56, 56)
    assert first(pretrained_cfg_overlay={"input_size": (3, 160, 192)}) == (40, 48)
    assert first(pretrained_cfg={"input_size": (3, 288, 288)}) == (72, 72)
    assert first(pretrained_cfg="untrained") == (56, 56)
    assert first(pretrained_cfg_overlay={"input_size": (3, 160, 192)}, img_size=64) == (16, 16)


def test_attention_blocks_keep_torchs_initialisation() -> None:
    torch.manual_seed(0)  # the generator of this test process; the network draws from no other
    network = model("sase_resnet50", attention="2nd-order-pooling/2conv_1x1/affine/gap/gap/2conv_3x3")
    for _ in range(2):
        excite = network.layer4[0].se.channel_excite
        assert excite[0].weight.abs().max() <= 2048**-0.5  # uniform, torch's default, where fan-out would be normal
        assert network.layer4[0].bn3.weight.abs().max() == 0  # timm's own convention
        assert network.layer4[0].se.channel_gate.alpha.min() == 1
        network.init_weights()


def test_resnet50_weights_of_the_backbones_load_under_timms_names(tmp_path: Path) -> None:
    source = resnet50("sase", resolution=32).eval()
    save_checkpoint(source, tmp_path / "weights.safetensors")
    overlay = {"file": str(tmp_path / "weights.safetensors")}
    network = model("sase_resnet50", pretrained=True, pretrained_cfg_overlay=overlay).eval()
    torch.testing.assert_close(network(images()), source(images()))
    timm.models.load_checkpoint(again := model("sase_resnet50"), overlay["file"])  # as --initial-checkpoint does
    torch.testing.assert_close(again.eval()(images()), source(images()))


def test_weights_of_one_resolution_load_at_another(tmp_path: Path) -> None:
    """Those of a file too, and they compute what the file's own network computes on that size."""
    source = resnet50("gap/affine/affine/l2-norm/l2-norm/affine", resolution=32).eval()
    save_checkpoint(source, tmp_path / "weights.safetensors")
    network = timm.create_model(
        "sase_resnet50", attention=source.attention, img_size=64, checkpoint_path=str(tmp_path / "weights.safetensors")
    ).eval()
    assert network.layer1[0].se.spatial_excite.alpha.shape == (1, 16, 16)
    torch.testing.assert_close(network(images(64)), source(images(64)))


@pytest.mark.parametrize(
    "options", [{"attention": "sase"}, {"attention": "srm", "drop_path_rate": 0.1, "epsilon": 0.0}], ids=str
)
def test_a_resnet50_that_timm_trained_is_saved_with_its_block(options: dict[str, Any], tmp_path: Path) -> None:
    network = model("sase_resnet50", num_classes=5, **options)
    network.reset_classifier(3)
    network(images())  # running statistics
    save_checkpoint(network.eval(), tmp_path / "weights.safetensors")
    again = load_checkpoint(tmp_path / "weights.safetensors")
    assert (again.attention, again.trunk.num_classes, again.trunk.resolution) == (network.attention, 3, 32)
    torch.testing.assert_close(again(images()), network(images()))
    back = model("sase_resnet50", num_classes=3, checkpoint_path=str(tmp_path / "weights.safetensors"), **options)
    torch.testing.assert_close(back.eval()(images()), network(images()))


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"stem_type": "deep"}, "stem_type"),
        ({"act_layer": nn.SiLU, "output_stride": 16}, "act_layer, output_stride"),
        ({"layers": (1, 1, 1, 1)}, "layers"),
        ({"global_pool": "max"}, "global_pool"),
        ({"in_chans": 1}, "in_chans"),
        ({"num_classes": 0}, "num_classes=0"),
        ({"img_size": (32, 64)}, "img_size"),
    ],
    ids=str,
)
def test_what_torchvisions_resnet_has_no_equal_of_is_not_saved(options: dict[str, Any], named: str, tmp_path: Path) -> None:
    network = on_meta("sase_resnet50", attention="se", **{"img_size": 32, **options})
    message = f"torchvision's ResNet, as which weights are saved, has no equal of timm's {named}$"
    with pytest.raises(RequestError, match=message):
        save_checkpoint(network, tmp_path / "weights.safetensors")
