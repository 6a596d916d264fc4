"""torchvision's Faster and Mask R-CNN with a feature pyramid over a ResNet that has an attention block in every bottleneck.

Images of any size come in; those operations of the space whose parameters are as large as a map (`affine` and `L2-norm` of the
spatial slots) resize them bilinearly at run time, see `sase_bench.blocks.affine`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torchvision.models.detection import FasterRCNN, MaskRCNN
from torchvision.models.detection.backbone_utils import BackboneWithFPN
from torchvision.models.resnet import ResNet

from sase_bench.backbones.attention import attention_builder
from sase_bench.backbones.checkpoint import build_described, describe, fill, read_description, write_tensors
from sase_bench.errors import RequestError, unknown
from sase_bench.seeds import derived_seed
from sase_bench.train.backbone import build_backbone
from sase_bench.train.recipe import DETECTORS, CocoRecipe
from sase_bench.train.weights import Taken, stored_network, take_weights, tensors_at, usual_tensors

__all__ = ["PyramidBackbone", "build_detector", "describe_detector", "load_detector", "save_detector"]

_LAYERS = ("layer1", "layer2", "layer3", "layer4")
_PYRAMID_CHANNELS = 256
_RESOLUTION = 224  # pixels that map-sized parameters are built for where no weights say it
_KINDS: dict[str, type[FasterRCNN]] = dict(zip(DETECTORS, (FasterRCNN, MaskRCNN), strict=True))


class PyramidBackbone(BackboneWithFPN):
    """The four stages of `network` and a feature pyramid over them.

    `trainable` counts, from the top, which of the four stages and the stem move. Frozen batch normalisation, that of the
    attention blocks included, keeps its running statistics and its scale and shift. Attention that is `fresh`, whose weights no
    file had, moves whatever stands still around it.
    """

    def __init__(self, network: ResNet, *, trainable: int, freeze_batch_norm: bool, fresh: bool = False) -> None:
        widths = [network.get_submodule(layer)[-1].conv3.out_channels for layer in _LAYERS]
        layers = {layer: str(level) for level, layer in enumerate(_LAYERS)}
        super().__init__(network, layers, widths, _PYRAMID_CHANNELS)
        self.description = describe(network)
        self._freeze_batch_norm, self._fresh = freeze_batch_norm, fresh
        moving = ("layer4", "layer3", "layer2", "layer1")[:trainable] + (("conv1", "bn1") if trainable > len(_LAYERS) else ())
        for name, parameter in self.body.named_parameters():
            parameter.requires_grad_(name.startswith(moving) or self._is_fresh(name))
        if freeze_batch_norm:
            for norm in self._norms():
                norm.requires_grad_(False)

    def _norms(self) -> list[nn.Module]:
        named = self.body.named_modules()
        return [module for name, module in named if isinstance(module, _BatchNorm) and not self._is_fresh(name)]

    def _is_fresh(self, name: str) -> bool:
        return self._fresh and ".attention." in name

    def train(self, mode: bool = True) -> PyramidBackbone:
        """As of any module, but frozen normalisation stays in evaluation mode."""
        super().train(mode)
        if self._freeze_batch_norm:
            for norm in self._norms():
                norm.eval()
        return self


def build_detector(
    detector: str, backbone: str, attention: str, classes: Sequence[str], recipe: CocoRecipe, weights: Path | None = None
) -> FasterRCNN:
    """The detector, on the CPU, for objects of `classes`; label 0 is the background, the first class is 1.

    Its backbone has the `weights` of a file, that `save_checkpoint` wrote or that is torchvision's for the plain network, or
    those that `recipe.seed` gives. `taken` says what it has from the file, None without one.
    Raises `RequestError` for unknown names and for weights of another network.
    """
    if detector not in _KINDS:
        raise unknown("detector", detector, DETECTORS)
    network, taken = _begun(weights, backbone, attention, recipe.seed)
    trainable = recipe.trainable_stages
    if trainable is None:
        trainable = 3 if weights else 5
    freeze = weights is not None if recipe.freeze_batch_norm is None else recipe.freeze_batch_norm
    fresh = taken is not None and taken.attention_left > 0
    found = _assembled(detector, network, classes, recipe, trainable=trainable, freeze=freeze, fresh=fresh)
    found.taken = taken
    return found


def save_detector(detector: FasterRCNN, path: Path) -> None:
    """Write the weights of a detector that `build_detector` built, and its description, as safetensors."""
    write_tensors(detector.state_dict(), path, {"format": "pt", **describe_detector(detector)})


def load_detector(path: Path) -> FasterRCNN:
    """The detector in the file at `path`, on the CPU, in evaluation mode; `classes` are its classes' names."""
    description = read_description(path)
    if not {"detector", "classes", "sizes"} <= description.keys():
        raise RequestError(f"{str(path)!r} holds a backbone alone, not a detector")
    recipe = CocoRecipe(**json.loads(description["sizes"]))
    network, classes = build_described(description), json.loads(description["classes"])
    detector = _assembled(description["detector"], network, classes, recipe, trainable=5, freeze=False)
    fill(detector, path)
    return detector.eval()


def describe_detector(detector: FasterRCNN) -> dict[str, str]:
    """What is needed to build it again."""
    kind = next(name for name, cls in _KINDS.items() if type(detector) is cls)
    sizes, classes = json.dumps(detector.sizes), json.dumps(detector.classes)
    return {**detector.backbone.description, "detector": kind, "sizes": sizes, "classes": classes}


def _begun(weights: Path | None, backbone: str, attention: str, seed: int) -> tuple[nn.Module, Taken | None]:
    """The backbone, and what it has from the file. One that the file describes keeps the size that it was built for."""
    if weights is None:
        return build_backbone(backbone, attention, 1, _RESOLUTION, seed), None
    stored = stored_network(weights, backbone, attention)
    if stored is not None and stored.attention == str(attention_builder(attention)):
        return stored, Taken(path=weights, tensors=len(stored.state_dict()))
    tensors = tensors_at(weights, backbone, attention) if stored is None else usual_tensors(stored, weights)
    network = build_backbone(backbone, attention, 1, _RESOLUTION, seed)
    taken = take_weights(network, tensors, weights)
    return network, replace(taken, classifier_left=False)  # a detector has none


def _assembled(
    detector: str,
    network: Any,
    classes: Sequence[str],
    recipe: CocoRecipe,
    *,
    trainable: int,
    freeze: bool,
    fresh: bool = False,
) -> FasterRCNN:
    with torch.random.fork_rng(devices=[]):  # the heads of a seed start the same over every block
        torch.default_generator.manual_seed(derived_seed(recipe.seed, "heads"))
        backbone = PyramidBackbone(network, trainable=trainable, freeze_batch_norm=freeze, fresh=fresh)
        found = _KINDS[detector](
            backbone,
            len(classes) + 1,
            recipe.short_side,
            recipe.long_side,
            rpn_post_nms_top_n_train=recipe.proposals,
            rpn_post_nms_top_n_test=recipe.proposals // 2,
            box_batch_size_per_image=recipe.region_samples,
        )
    found.classes = list(classes)
    found.sizes = {name: getattr(recipe, name) for name in ("short_side", "long_side", "proposals")}  # of images to score
    return found
