import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from sase_bench.backbones import cifar_resnet, load_checkpoint, resnet50, save_checkpoint
from sase_bench.backbones.checkpoint import describe, read_description, write_tensors
from sase_bench.blocks import SASEBlock
from sase_bench.errors import RequestError
from sase_bench.space import SASE_BLOCK
from sase_bench.version import __version__


def trained(network: nn.Module) -> nn.Module:
    """`network` after a forward in training mode, so that running statistics are not the initial ones."""
    network(torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(0)))
    return network.eval()


@pytest.mark.parametrize("attention", [None, "srm", "fca", SASE_BLOCK, "gap/affine/affine/l2-norm/l2-norm/affine"])
def test_a_network_comes_back_from_its_file_alone(attention: Any, tmp_path: Path) -> None:
    network = trained(cifar_resnet(8, attention, num_classes=7, width=16, resolution=32))
    save_checkpoint(network, tmp_path / "network.safetensors")
    again = load_checkpoint(tmp_path / "network.safetensors")
    assert (again.trunk, again.attention) == (network.trunk, network.attention)
    assert not again.training
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    assert torch.equal(again(images), network(images))


def test_a_resnet50_with_options_of_torchvision_comes_back(tmp_path: Path) -> None:
    network = trained(resnet50("sase", num_classes=3, resolution=32, width_per_group=32))
    save_checkpoint(network, tmp_path / "network.safetensors")
    again = load_checkpoint(tmp_path / "network.safetensors")
    assert {k: v.shape for k, v in again.state_dict().items()} == {k: v.shape for k, v in network.state_dict().items()}
    assert all(torch.equal(tensor, network.state_dict()[name]) for name, tensor in again.state_dict().items())


def test_a_checkpoint_knows_its_block(tmp_path: Path) -> None:
    save_checkpoint(cifar_resnet(8, 54983, num_classes=7, width=8, resolution=8), tmp_path / "network.safetensors")
    assert read_description(tmp_path / "network.safetensors") == {
        "format": "pt",
        "attention": "gap+gmp/2conv_1x1/affine/p-norm/gap/2conv_3x3",
        "backbone": '{"kind": "CifarTrunk", "depth": 8, "width": 8, "resolution": 8, "in_channels": 3, "num_classes": 7, '
        '"kernel_size": 3}',
        "options": "{}",
        "sase_bench": __version__,
    }


@pytest.mark.parametrize(
    "build", [lambda **given: cifar_resnet(8, 54983, width=8, **given), lambda **given: resnet50(5, **given)]
)
def test_a_checkpoint_knows_its_epsilon(build: Any, tmp_path: Path) -> None:
    path = tmp_path / "network.safetensors"
    save_checkpoint(build(epsilon=0.0), path)
    assert read_description(path)["epsilon"] == "0.0"
    blocks = [module for module in load_checkpoint(path).modules() if isinstance(module, SASEBlock)]
    assert {block.epsilon for block in blocks} == {0.0}


def test_the_same_network_has_the_same_file_in_every_process(tmp_path: Path) -> None:
    code = (
        "import sys, torch; from sase_bench.backbones import cifar_resnet, save_checkpoint; torch.manual_seed(0); "
        "network = cifar_resnet(8, 'sase', width=8, resolution=8, epsilon=0.0); "
        "[save_checkpoint(network, f'{sys.argv[1]}-{i}') for i in range(3)]"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "1")], check=True, env=environment)
    torch.manual_seed(0)
    save_checkpoint(cifar_resnet(8, "sase", width=8, resolution=8, epsilon=0.0), tmp_path / "2")
    files = sorted(tmp_path.iterdir())
    assert len(files) == 4
    assert len({file.read_bytes() for file in files}) == 1


def test_tensors_of_every_kind_are_written_as_safetensors_would(tmp_path: Path) -> None:
    tensors = {"ß": torch.rand(3), "half": torch.rand(5).half(), "none": torch.zeros(0, 2), "whole": torch.tensor(7)}
    described = {"z": 'ü/"\n', "a": ""}
    write_tensors(tensors, tmp_path / "file", described)
    with safe_open(tmp_path / "file", "pt") as file:
        assert file.metadata() == described
        assert file.keys() == sorted(tensors) == sorted(load_file(tmp_path / "file"))
        assert all(torch.equal(file.get_tensor(name), tensor) for name, tensor in tensors.items())


def test_a_file_is_read_whatever_the_order_of_its_description(tmp_path: Path) -> None:
    network = cifar_resnet(8, "se", width=8, resolution=8)
    for i in range(4):  # each time in another order, as files were written before
        save_file(network.state_dict(), tmp_path / str(i), describe(network))
        again = load_checkpoint(tmp_path / str(i)).state_dict()
        assert all(torch.equal(tensor, again[name]) for name, tensor in network.state_dict().items())


def test_weights_in_channels_last_are_saved(tmp_path: Path) -> None:
    network = cifar_resnet(8, "sase", width=8, resolution=8).to(memory_format=torch.channels_last)
    save_checkpoint(network, tmp_path / "network.safetensors")
    again = load_checkpoint(tmp_path / "network.safetensors")
    assert all(torch.equal(tensor, network.state_dict()[name]) for name, tensor in again.state_dict().items())


def test_networks_that_cannot_be_built_again_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"only networks of sase_bench.backbones know how they were built, got Linear"):
        save_checkpoint(nn.Linear(2, 2), tmp_path / "a.safetensors")
    with torch.device("meta"):
        network = resnet50(norm_layer=nn.BatchNorm2d)
    with pytest.raises(RequestError, match="numbers, text and lists, but Object of type type is not JSON serializable"):
        save_checkpoint(network, tmp_path / "a.safetensors")
    assert not (tmp_path / "a.safetensors").exists()


def test_files_that_are_no_checkpoints_are_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("weights")
    save_file({"weight": torch.zeros(2)}, tmp_path / "other")
    for name, message in (
        ("absent", "cannot read '.*absent' as safetensors: No such file"),
        ("text", "cannot read '.*text' as safetensors: "),
        (".", "cannot read '.*' as safetensors: "),
        ("other", "does not say which block it holds; save_checkpoint writes files that do"),
    ):
        with pytest.raises(RequestError, match=message):
            load_checkpoint(tmp_path / name)


def test_files_with_other_contents_than_they_describe_are_refused_in_one_line(tmp_path: Path) -> None:
    network = cifar_resnet(8, "se", width=8, resolution=8)
    tensors, described = dict(network.state_dict()), describe(network)
    for change, message in (
        (
            {"detector": "fasterrcnn"},
            "'.*' holds a detector, not a network alone; sase_bench.train.detector.load_detector reads it",
        ),
        ({"attention": "srm"}, r"the weights in '.*' are not those of the network it describes: .*Missing key\(s\)"),
        ({"backbone": '{"kind": "CifarTrunk"}'}, "there is no backbone '.*CifarTrunk.*' with options '{}'"),
        ({"backbone": '{"kind": "VGG"}'}, "there is no backbone '.*VGG.*' with options '{}'"),
        ({"options": "["}, r"there is no backbone '.*' with options '\['"),
        ({"options": "[]"}, r"there is no backbone '.*' with options '\[\]'"),
        ({"options": '{"foo": 1}'}, "a CIFAR ResNet has no options of torchvision's, got foo"),
    ):
        save_file(tensors, tmp_path / "file", {**described, **change})
        with pytest.raises(RequestError, match=message) as caught:
            load_checkpoint(tmp_path / "file")
        assert "\n" not in str(caught.value)


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    path = tmp_path / "absent" / "network.safetensors"
    with pytest.raises(RequestError, match=f"cannot write '{path}': .*No such file"):
        save_checkpoint(cifar_resnet(8, width=8, resolution=8), path)
