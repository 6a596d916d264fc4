"""Detectors over a backbone with a block: every operation, images of any size, what is frozen, files."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from sase_bench.backbones import resnet50, save_checkpoint
from sase_bench.errors import RequestError
from sase_bench.space import OPERATIONS, SLOTS, Architecture
from sase_bench.train import detector as module
from sase_bench.train.detector import PyramidBackbone, build_detector, describe_detector, load_detector, save_detector
from sase_bench.train.recipe import CocoRecipe
from tests.train.narrow import make_narrow, narrow_resnet50

#: Seven blocks that between them hold every operation in every slot.
BLOCKS = [Architecture.from_digits([digit] * 6) for digit in range(7)]
RECIPE = CocoRecipe(short_side=64, long_side=128, proposals=40, region_samples=8)
SIZES = [(97, 71), (40, 33)]  # pixels; the second has 2×2 pixels in the last stage


@pytest.fixture(autouse=True)
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    make_narrow(monkeypatch)


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(5)


def small(kind: str, attention: str = "none", **changes: Any) -> Any:
    network = narrow_resnet50("resnet50", attention, 1, 224, 0)
    options: dict[str, Any] = {"trainable": 5, "freeze": False} | changes
    return module._assembled(kind, network, ["a", "b"], RECIPE, **options)


def test_the_blocks_hold_all_42_operations() -> None:
    assert {pair for arch in BLOCKS for pair in arch.operations.items()} == {
        (slot, name) for slot in SLOTS for name in OPERATIONS[SLOTS[slot]]
    }


@pytest.mark.parametrize("arch", BLOCKS, ids=str)
def test_every_operation_trains_in_the_pyramid_on_images_of_any_size(arch: Architecture) -> None:
    backbone = PyramidBackbone(narrow_resnet50("resnet50", str(arch), 1, 224, 0), trainable=5, freeze_batch_norm=False)
    backbone.train()
    for height, width in SIZES:
        images = torch.rand(2, 3, height, width, generator=generator())
        maps = backbone(images)
        shapes = [tuple(level.shape) for level in maps.values()]
        strides = [4, 8, 16, 32]
        assert shapes[:4] == [(2, 32, -(-height // stride), -(-width // stride)) for stride in strides]
        backbone.zero_grad()
        sum(level.square().mean() for level in maps.values()).backward()
        gradients = {name: parameter.grad for name, parameter in backbone.named_parameters()}
        assert all(gradient is not None and gradient.isfinite().all() for gradient in gradients.values())


@pytest.mark.parametrize("arch", [BLOCKS[1], BLOCKS[4], BLOCKS[6]], ids=str)
def test_tiny_and_elongated_images_go_through_a_detector(arch: Architecture) -> None:
    """Their statistics over pixels need two of them, and `short_side` sees to that."""
    detector = small("fasterrcnn", str(arch))
    images = [torch.rand(3, height, width, generator=generator()) for height, width in ((1, 1), (7, 5), (3, 300), (300, 3))]
    boxes = [torch.tensor([[0.0, 0.0, image.shape[2], image.shape[1]]]) for image in images]
    losses = detector.train()(images, [{"boxes": box, "labels": torch.ones(1, dtype=torch.int64)} for box in boxes])
    assert all(loss.isfinite() for loss in losses.values())
    with torch.no_grad():
        for image in images:
            (found,) = detector.eval()([image])
            assert found["boxes"].isfinite().all()


def test_without_weights_everything_moves_and_with_them_what_torchvision_trains(tmp_path: Path) -> None:
    path = tmp_path / "backbone.safetensors"
    save_checkpoint(narrow_resnet50("resnet50", "sase", 5, 64, 1), path)
    fresh = small("fasterrcnn", "sase")
    assert all(parameter.requires_grad for parameter in fresh.parameters())
    assert all(module.training for module in fresh.train().modules())
    tuned = build_detector("fasterrcnn", "resnet50", "sase", ["a"], RECIPE, path)
    frozen = {name for name, parameter in tuned.backbone.body.named_parameters() if not parameter.requires_grad}
    stem_and_first = {
        name for name, _ in tuned.backbone.body.named_parameters() if name.startswith(("conv1", "bn1", "layer1."))
    }
    norms = {
        f"{name}.{part}"
        for name, layer in tuned.backbone.body.named_modules()
        if isinstance(layer, _BatchNorm)
        for part in ("weight", "bias")
    }
    assert frozen == stem_and_first | norms
    assert any(".attention." in name for name in norms)
    assert not any(layer.training for layer in tuned.train().backbone.body.modules() if isinstance(layer, _BatchNorm))
    assert build_detector("fasterrcnn", "resnet50", "sase", ["a"], RECIPE, path).backbone.description["options"]
    free = CocoRecipe(short_side=64, long_side=128, freeze_batch_norm=False, trainable_stages=5)
    whole = build_detector("fasterrcnn", "resnet50", "sase", ["a"], free, path)
    assert all(parameter.requires_grad for parameter in whole.parameters())


@pytest.mark.parametrize("attention", ["se", "srm", "gsop", "sase"])
def test_frozen_normalisation_is_what_it_was_after_training(attention: str) -> None:
    """Also that over one axis, which SRM and GSoP have."""
    detector = small("fasterrcnn", attention, freeze=True, trainable=3).train()
    norms = {name for name, layer in detector.backbone.body.named_modules() if isinstance(layer, _BatchNorm)}
    assert len(norms) >= 53
    assert not any(layer.training for layer in detector.backbone.body.modules() if isinstance(layer, _BatchNorm))
    before = {name: tensor.clone() for name, tensor in detector.state_dict().items()}
    loss = losses_of(detector)
    loss.backward()
    torch.optim.SGD([p for p in detector.parameters() if p.requires_grad], lr=0.1).step()
    changed = {name for name, tensor in detector.state_dict().items() if not torch.equal(tensor, before[name])}
    assert not {name for name in changed if name.removeprefix("backbone.body.").rpartition(".")[0] in norms}
    assert "backbone.body.layer4.2.conv3.weight" in changed
    assert "backbone.body.layer1.0.conv1.weight" not in changed


def losses_of(detector: Any) -> Tensor:
    image = torch.rand(3, 70, 90, generator=generator())
    target = {"boxes": torch.tensor([[10.0, 10.0, 50.0, 60.0]]), "labels": torch.tensor([2])}
    losses = detector([image], [target])
    assert losses.keys() == {"loss_box_reg", "loss_classifier", "loss_objectness", "loss_rpn_box_reg"}
    return torch.stack(list(losses.values())).sum()


def settled(detector: Any, image: Tensor) -> Any:
    """Running statistics are those of `image`: with others the maps of untrained weights grow beyond all bounds."""
    for layer in detector.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = 1.0
    with torch.no_grad():
        images, _ = detector.eval().transform([image])
        detector.train().backbone(images.tensors)
    return detector.eval()


@pytest.mark.parametrize("kind", ["fasterrcnn", "maskrcnn"])
def test_a_detector_comes_back_from_its_file_alone(kind: str, tmp_path: Path) -> None:
    image = torch.rand(3, 70, 90, generator=generator())
    detector = settled(small(kind, "gap/affine/affine/l2-norm/l2-norm/affine"), image)
    save_detector(detector, tmp_path / "detector.safetensors")
    again = load_detector(tmp_path / "detector.safetensors")
    assert describe_detector(again) == describe_detector(detector)
    assert (again.classes, again.transform.min_size, again.transform.max_size) == (["a", "b"], (64,), 128)
    again.roi_heads.score_thresh = detector.roi_heads.score_thresh = 0.0
    with torch.no_grad():
        (found,), (expected,) = again([image]), detector([image])
    assert len(expected["boxes"]) > 0
    assert found.keys() == expected.keys() == {"boxes", "labels", "scores"} | ({"masks"} if kind == "maskrcnn" else set())
    assert found["scores"] == pytest.approx(expected["scores"], rel=1e-5)
    assert all(torch.equal(tensor, again.state_dict()[name]) for name, tensor in detector.state_dict().items())


def test_the_heads_of_a_seed_are_the_same_over_every_block() -> None:
    plain, block = (small("maskrcnn", name).state_dict() for name in ("none", "sase"))
    assert all(torch.equal(tensor, block[name]) for name, tensor in plain.items())


@pytest.mark.parametrize("kind", ["pth", "safetensors"])
def test_over_plain_weights_attention_is_trained_from_its_initialisation(kind: str, tmp_path: Path) -> None:
    """Frozen batch normalisation is that of the file; blocks that the file does not have move in every stage."""
    path, source = tmp_path / f"backbone.{kind}", narrow_resnet50("resnet50", "none", 5, 64, 1)
    if kind == "pth":
        torch.save(source.state_dict(), path)
    else:
        save_checkpoint(source, path)
    detector = build_detector("fasterrcnn", "resnet50", "sase", ["a", "b"], RECIPE, path).train()
    body = detector.backbone.body
    assert str(detector.taken).startswith(f"{len(source.state_dict()) - 2} tensors are those of ")
    assert all(
        torch.equal(tensor, source.state_dict()[name]) for name, tensor in body.state_dict().items() if "attention" not in name
    )
    for name, parameter in body.named_parameters():
        stands = name.startswith(("conv1", "bn1", "layer1.")) or "bn" in name or "downsample.1" in name
        assert parameter.requires_grad == ("attention" in name or not stands), name
    for name, layer in body.named_modules():
        if isinstance(layer, _BatchNorm):
            assert layer.training == ("attention" in name), name
    losses_of(detector).backward()
    assert all(p.grad is not None for name, p in body.named_parameters() if "attention" in name)


def test_weights_that_are_not_of_the_network_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "backbone.safetensors"
    save_checkpoint(narrow_resnet50("resnet50", "se", 5, 64, 1), path)
    message = r"holds the weights of resnet50 with attention se, not of resnet(50|101) with (none|se)"
    for backbone, attention in (("resnet50", "none"), ("resnet101", "se")):
        with pytest.raises(RequestError, match=message):
            build_detector("fasterrcnn", backbone, attention, ["a"], RECIPE, path)
    with pytest.raises(RequestError, match="unknown detector 'yolo'; choose from fasterrcnn, maskrcnn"):
        build_detector("yolo", "resnet50", "se", ["a"], RECIPE)
    with pytest.raises(RequestError, match="holds a backbone alone, not a detector"):
        load_detector(path)
    save_detector(small("fasterrcnn", "se"), path)
    with pytest.raises(RequestError, match="holds a detector, not a network alone"):
        build_detector("fasterrcnn", "resnet50", "se", ["a"], RECIPE, path)
    save_file({"weight": torch.zeros(2)}, path)
    with pytest.raises(RequestError, match="does not say which block it holds"):
        build_detector("fasterrcnn", "resnet50", "se", ["a"], RECIPE, path)


def test_the_description_holds_what_decides_the_network() -> None:
    with torch.device("meta"):
        network = resnet50("eca")
    described = describe_detector(module._assembled("maskrcnn", network, ["x"], RECIPE, trainable=5, freeze=False))
    assert described.keys() == {"format", "attention", "backbone", "options", "sase_bench", "detector", "sizes", "classes"}
    assert (described["detector"], json.loads(described["classes"])) == ("maskrcnn", ["x"])
    assert json.loads(described["sizes"]) == {"short_side": 64, "long_side": 128, "proposals": 40}
