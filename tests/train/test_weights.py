"""Weights to begin with: what is taken from a file, what stays as it was, and what is refused."""

from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
from torch import nn

from sase_bench.backbones import cifar_resnet, resnet50, save_checkpoint
from sase_bench.errors import RequestError
from sase_bench.train.weights import Taken, take_weights, tensors_at

MAPS = "gap/affine/affine/l2-norm/l2-norm/affine"


def narrow(attention: str | None = None, classes: int = 5, resolution: int = 64) -> Any:
    return resnet50(attention, classes, resolution=resolution, width_per_group=4)


def given(network: nn.Module, path: Path, attention: str) -> Taken:
    return take_weights(network, tensors_at(path, "resnet50", attention), path)


def same(network: nn.Module, other: nn.Module) -> set[str]:
    """Names of tensors that both have and that are equal."""
    theirs = other.state_dict()
    return {name for name, tensor in network.state_dict().items() if name in theirs and torch.equal(tensor, theirs[name])}


def trained(network: nn.Module) -> nn.Module:
    """With numbers in it that no initialisation gives."""
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            tensor.copy_(torch.full_like(tensor, 0.25 + len(name)))
    return network


@pytest.mark.parametrize("wrapped", ["{}", "model", "state_dict", "parallel"])
def test_torchvisions_weights_fill_the_trunk_and_leave_attention(wrapped: str, tmp_path: Path) -> None:
    source, path = trained(torchvision.models.resnet50(num_classes=5, width_per_group=4)), tmp_path / "resnet50.pth"
    state = source.state_dict()
    if wrapped == "parallel":
        state = nn.DataParallel(source).state_dict()
    torch.save(state if wrapped in ("{}", "parallel") else {wrapped: state, "epoch": 3}, path)
    network = narrow("sase")
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    taken = given(network, path, "sase")
    assert same(network, source) == source.state_dict().keys()
    left = {name for name in before if ".attention." in name}
    assert all(torch.equal(network.state_dict()[name], before[name]) for name in left)
    expected = f"{len(source.state_dict())} tensors are those of '{path}'; as initialised: {len(left)} tensors of attention"
    assert str(taken) == expected


def test_another_number_of_classes_leaves_the_classifier(tmp_path: Path) -> None:
    source, path = trained(narrow(classes=7)), tmp_path / "weights.pth"
    torch.save({name: tensor for name, tensor in source.state_dict().items() if "num_batches" not in name}, path)
    network = narrow("none")
    taken = given(network, path, "none")
    assert same(network, source) >= {name for name in source.state_dict() if "fc" not in name and "num_batches" not in name}
    assert not same(network, source) & {"fc.weight", "fc.bias"}
    assert str(taken).endswith("as initialised: the classifier")


@pytest.mark.parametrize("kind", ["pth", "safetensors"])
def test_weights_with_their_attention_are_taken_whole_at_any_resolution(kind: str, tmp_path: Path) -> None:
    source, path = narrow(MAPS, resolution=96), tmp_path / f"weights.{kind}"
    for name, parameter in source.named_parameters():
        if "spatial" in name:
            nn.init.uniform_(parameter, 0.5, 1.5)
    if kind == "pth":
        torch.save(source.state_dict(), path)
    else:
        save_checkpoint(source, path)
    network = narrow(MAPS)
    assert str(given(network, path, MAPS)).endswith("as initialised: none")
    assert network.layer1[0].attention.spatial_excite.alpha.shape == (1, 16, 16)
    x = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(network.eval()(x), source.eval()(x))


def test_a_plain_network_of_ours_gives_its_trunk(tmp_path: Path) -> None:
    source, path = trained(narrow()), tmp_path / "weights.safetensors"
    save_checkpoint(source, path)
    network = narrow("srm")
    taken = given(network, path, "srm")
    assert same(network, source) == source.state_dict().keys()
    assert taken.attention_left > 0


def test_weights_of_other_networks_are_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    whole = narrow().state_dict()
    deeper = {**whole, "layer3.6.conv1.weight": torch.zeros(2)}
    partial = {**whole, **{name: tensor for name, tensor in narrow("srm").state_dict().items() if "layer1.0" in name}}
    for content, message in (
        (
            resnet50(num_classes=5).state_dict(),
            r"does not hold the weights of this network: \d+ of \d+ tensors are missing or of",
        ),
        (
            cifar_resnet(8).state_dict(),
            r"does not hold the weights of this network: \d+ of \d+ tensors are missing or of another",
        ),
        (deeper, "holds the weights of another network: 1 tensors are not of this one, among them layer3.6.conv1.weight"),
        (
            partial,
            r"does not hold the weights of this network: \d+ of \d+ tensors are missing .* among them layer1.1.attention",
        ),
        ({"epoch": 3}, "holds no weights of a network by their names"),
        ([], "holds no weights of a network by their names"),
        ({"model": Path}, "cannot read '.*' as weights .it is damaged, or holds more than tensors, numbers and text."),
    ):
        torch.save(content, path)
        with pytest.raises(RequestError, match=message) as caught:
            given(narrow("srm"), path, "srm")
        assert "\n" not in str(caught.value)
    path.write_text("weights")
    with pytest.raises(RequestError, match=r"cannot read '.*' as weights"):
        given(narrow("srm"), path, "srm")
    save_checkpoint(narrow("se"), path)
    with pytest.raises(RequestError, match="holds the weights of resnet50 with attention se, not of resnet50 with srm"):
        given(narrow("srm"), path, "srm")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"replace_stride_with_dilation": [False, True, True]}, "a network with dilated stages, not of a usual one"),
        ({"epsilon": 0.5}, "a network with epsilon 0.5, not of a usual one"),
    ],
)
def test_weights_of_a_network_that_computes_otherwise_are_refused(
    options: dict[str, Any], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "weights.safetensors"
    save_checkpoint(resnet50(MAPS, 5, resolution=64, width_per_group=4, **options), path)
    with pytest.raises(RequestError, match=message):
        tensors_at(path, "resnet50", MAPS)
