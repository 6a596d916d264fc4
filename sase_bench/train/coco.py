"""Detection and instance segmentation: a detector of `sase_bench.train.detector` on annotated images."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models.detection import FasterRCNN
from torchvision.transforms import v2

from sase_bench import cli
from sase_bench.train.annotations import Annotated
from sase_bench.train.average_precision import average_precision, detections_of
from sase_bench.train.detector import build_detector, describe_detector, save_detector
from sase_bench.train.files import CHECKPOINT
from sase_bench.train.generators import seeded
from sase_bench.train.images import ChangedImages, TrainingLoader, validation_loader
from sase_bench.train.loop import Scores, fit
from sase_bench.train.place import Place
from sase_bench.train.recipe import CocoRecipe
from sase_bench.train.weights import file_hash

__all__ = ["Detection", "train_detector"]


def train_detector(
    data: Annotated,
    detector: str,
    backbone: str,
    attention: str,
    recipe: CocoRecipe,
    place: Place,
    output: Path,
    *,
    weights: Path | None = None,
    workers: int = 0,
) -> list[dict[str, Any]]:
    """Train `detector` over `backbone` with `attention`; the rows of the log. `output` and `workers` as in `imagenet`.

    Raises `RequestError` for a network, weights or a checkpoint that cannot be used.
    """
    with seeded(recipe.seed, place.rank, place.device):
        network = build_detector(detector, backbone, attention, data.classes, recipe, weights)
        if network.taken and place.is_first and not (output / CHECKPOINT).exists():
            cli.say("train", str(network.taken))
        task = Detection(network.to(place.device), data, recipe, place, workers, begun=file_hash(weights))
        return fit(task, recipe, place, output)


class Detection:
    """The task: torchvision's losses to train, COCO's average precision to score."""

    headline = "val_box_ap"

    def __init__(
        self, network: FasterRCNN, data: Annotated, recipe: CocoRecipe, place: Place, workers: int, *, begun: str = "none"
    ) -> None:
        """`begun` is the hash of the weights that the backbone has begun with."""
        self.begun = begun
        self.network, self._data, self._place = network, data, place
        changed = ChangedImages(data.train, Change(recipe.flip), recipe.seed)
        self._training = TrainingLoader(changed, recipe.batch_size, recipe.seed, place, workers, collate=list)
        alone = ChangedImages(data.val, Change(0.0), recipe.seed)  # in a batch images would be padded to each other's size
        self._validation = validation_loader(alone, 1, place, workers, collate=list)
        self.steps = len(self._training)

    def describe(self) -> dict[str, str]:
        images = {"train": len(self._data.train), "val": len(self._data.val)}
        return {**describe_detector(self.network), "images": json.dumps(images), "weights": self.begun}

    def batches(self, epoch: int) -> Iterable[Any]:
        return self._training.epoch(epoch)

    def loss(self, network: nn.Module, batch: Any) -> Tensor:
        images = [image.to(self._place.device, non_blocking=True) for image, _ in batch]
        targets = [
            {name: value.to(self._place.device, non_blocking=True) for name, value in target.items() if name != "image_id"}
            for _, target in batch
        ]
        parts: dict[str, Tensor] = network(images, targets)
        return torch.stack([part.float() for part in parts.values()]).sum()

    def score(self, network: nn.Module, pause: Callable[[], None]) -> Scores:
        """Average precision of boxes, and of masks if the detector gives any, on all validation images."""
        found, images = list[dict[str, Any]](), 0
        for batch in self._validation:
            pause()
            for image, target in batch:
                (output,) = network([image.to(self._place.device, non_blocking=True)])
                found += detections_of(output, target["image_id"], self._data.category_ids)
                images += 1
        found, counts = [item for part in self._place.gather(found) for item in part], self._place.gather(images)
        scores: Scores = {}
        if self._place.is_first:
            for kind in ("box", "mask") if describe_detector(self.network)["detector"] == "maskrcnn" else ("box",):
                precision = average_precision(self._data.val.truth, found, kind)
                scores |= {f"{kind}_{name}": value for name, value in precision.items()}
        return self._place.gather(scores)[0] | {"images": sum(counts)}

    def save(self, network: nn.Module, path: Path) -> None:
        save_detector(network, path)


class Change:
    """What an image and its objects go through; the detector itself scales and normalises."""

    def __init__(self, flip: float) -> None:
        self._change = v2.Compose([v2.RandomHorizontalFlip(flip), v2.PILToTensor(), v2.ToDtype(torch.float32, scale=True)])

    def __call__(self, image: Any, target: dict[str, Any]) -> tuple[Tensor, dict[str, Any]]:
        image, target = self._change(image, target)
        plain = {name: value.as_subclass(torch.Tensor) for name, value in target.items() if isinstance(value, Tensor)}
        return image, {**target, **plain}
