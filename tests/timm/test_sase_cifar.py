from pathlib import Path

import pytest
import timm
import torch

from sase_bench.backbones import MODULES, cifar_resnet, load_checkpoint, save_checkpoint
from sase_bench.errors import RequestError
from tests.timm.networks import TEXT, images, model


def test_cifar_weights_are_those_of_the_backbones(tmp_path: Path) -> None:
    source = cifar_resnet(20, TEXT).eval()
    save_checkpoint(source, tmp_path / "weights.safetensors")
    overlay = {"file": str(tmp_path / "weights.safetensors")}
    network = timm.create_model("sase_resnet20", attention=TEXT, pretrained=True, pretrained_cfg_overlay=overlay).eval()
    torch.testing.assert_close(network(images()), source(images()))
    adapted = timm.create_model(
        "sase_resnet20", attention=TEXT, pretrained=True, pretrained_cfg_overlay=overlay, num_classes=3, in_chans=1
    )
    assert adapted(images(channels=1)).shape == (2, 3)
    assert torch.equal(adapted.stages[0][0].conv1[0].weight, source.stages[0][0].conv1[0].weight)


def test_a_cifar_network_that_timm_trained_is_saved_with_its_block(tmp_path: Path) -> None:
    network = timm.create_model("sase_resnet20", attention=TEXT)
    network.reset_classifier(3)
    network(images())  # running statistics
    save_checkpoint(network.eval(), tmp_path / "weights.safetensors")
    again = load_checkpoint(tmp_path / "weights.safetensors")
    assert again.attention == TEXT
    torch.testing.assert_close(again(images()), network(images()))


def test_networks_that_were_cut_after_they_were_built_are_not_saved(tmp_path: Path) -> None:
    network = model("sase_resnet20")
    network.prune_intermediate_layers(1)
    with pytest.raises(
        RequestError, match=r"changed after it was built .*: \d+ tensors are not those of gap\+gmp/.*, among them"
    ):
        save_checkpoint(network, tmp_path / "weights.safetensors")
    assert not (tmp_path / "weights.safetensors").exists()


def test_another_pooling_than_the_mean_is_not_saved(tmp_path: Path) -> None:
    network = model("sase_resnet20", global_pool="max")
    with pytest.raises(RequestError, match="has no equal of timm's global_pool"):
        save_checkpoint(network, tmp_path / "weights.safetensors")


@pytest.mark.parametrize("attention", ["sase", TEXT, *MODULES])
def test_mixed_precision_gives_finite_gradients(attention: str) -> None:
    network = model("sase_resnet20", attention=attention)
    with torch.autocast("cpu", torch.bfloat16):
        loss = network(images().to(memory_format=torch.channels_last)).square().sum()
    loss.backward()
    assert all(parameter.grad.isfinite().all() for parameter in network.parameters())


def test_there_is_nothing_to_download_yet() -> None:
    with pytest.raises(RuntimeError, match="No pretrained weights exist for sase_resnet20"):
        timm.create_model("sase_resnet20", pretrained=True)
