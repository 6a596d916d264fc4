"""Classification of a folder of images: DIR/train/CLASS/… and DIR/val/CLASS/…, as ImageNet's are commonly laid out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

from sase_bench import cli
from sase_bench.backbones import attention_builder, save_checkpoint
from sase_bench.backbones.checkpoint import describe
from sase_bench.errors import RequestError
from sase_bench.train.backbone import build_backbone
from sase_bench.train.files import CHECKPOINT
from sase_bench.train.generators import seeded
from sase_bench.train.images import ChangedImages, TrainingLoader, read_image, validation_loader
from sase_bench.train.loop import Scores, fit
from sase_bench.train.place import Place
from sase_bench.train.recipe import ImageNetRecipe
from sase_bench.train.weights import file_hash, take_weights, tensors_at

__all__ = ["Classification", "read_folders", "train_classifier"]

#: Mean and standard deviation of ImageNet's training images in red, green and blue, shares of full scale.
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def train_classifier(
    folder: Path,
    backbone: str,
    attention: str,
    recipe: ImageNetRecipe,
    place: Place,
    output: Path,
    *,
    weights: Path | None = None,
    workers: int = 0,
) -> list[dict[str, Any]]:
    """Train `backbone` with `attention` on the images in `folder`, from `weights` if a file is named; the rows of the log.

    Files are written to `output`, where a run that was stopped goes on. `workers` are processes that load images, for each
    process that trains. Raises `RequestError` for data, a network, weights or a checkpoint that cannot be used.
    """
    attention_builder(attention)  # what is misspelt is told before a folder of a million images is read
    tensors = tensors_at(weights, backbone, attention) if weights else None
    images = read_folders(folder)
    with seeded(recipe.seed, place.rank, place.device):
        network = build_backbone(backbone, attention, len(images["train"].classes), recipe.resolution, recipe.seed)
        if weights and tensors is not None:
            taken = take_weights(network, tensors, weights)
            if place.is_first and not (output / CHECKPOINT).exists():
                cli.say("train", str(taken))
        task = Classification(network.to(place.device), images, recipe, place, workers, begun=file_hash(weights))
        return fit(task, recipe, place, output)


def read_folders(folder: Path) -> dict[str, ImageFolder]:
    """The images of `train` and `val`. Raises `RequestError` unless both have the same classes, with images in each."""
    images = {}
    for part in ("train", "val"):
        if not (folder / part).is_dir():
            raise RequestError(f"there is no folder {str(folder / part)!r}; --data names one with train/CLASS and val/CLASS")
        try:
            images[part] = ImageFolder(folder / part, loader=read_image)
        except FileNotFoundError as error:
            line = str(error).splitlines()[0]
            raise RequestError(f"{str(folder / part)!r} is no folder of images with a folder for each class: {line}") from error
    train, val = (set(images[part].classes) for part in ("train", "val"))
    if train != val:
        only = ", ".join(sorted(train ^ val)[:3])
        raise RequestError(
            f"train and val in {str(folder)!r} have the same classes, got {len(train ^ val)} in one only: {only}"
        )
    if len(train) < 2:
        raise RequestError(f"there are two classes or more to tell apart, got {', '.join(train)} in {str(folder)!r}")
    return images


class Classification:
    """The task: cross-entropy with smoothed labels to train, plain cross-entropy and accuracy to score."""

    headline = "val_top1"

    def __init__(
        self,
        network: nn.Module,
        images: dict[str, ImageFolder],
        recipe: ImageNetRecipe,
        place: Place,
        workers: int,
        *,
        begun: str = "none",
    ) -> None:
        """`begun` is the hash of the weights that the network has begun with."""
        self.begun = begun
        self.network, self._images, self._recipe, self._place = network, images, recipe, place
        changed = ChangedImages(images["train"], Change(recipe), recipe.seed)
        self._training = TrainingLoader(changed, recipe.batch_size, recipe.seed, place, workers)
        centred = ChangedImages(images["val"], Centre(recipe), recipe.seed)
        self._validation = validation_loader(centred, place.share(recipe.batch_size), place, workers)
        self.steps = len(self._training)

    def describe(self) -> dict[str, str]:
        images = {part: len(self._images[part]) for part in ("train", "val")}
        classes = json.dumps(self._images["train"].classes)
        return {**describe(self.network), "images": json.dumps(images), "classes": classes, "weights": self.begun}

    def batches(self, epoch: int) -> Iterable[Any]:
        return self._training.epoch(epoch)

    def loss(self, network: nn.Module, batch: Any) -> Tensor:
        images, labels = (part.to(self._place.device, non_blocking=True) for part in batch)
        return F.cross_entropy(network(images), labels, label_smoothing=self._recipe.label_smoothing)

    def score(self, network: nn.Module, pause: Callable[[], None]) -> Scores:
        """Mean cross-entropy in nats, and the share of images whose class is the first or among the first five."""
        found = torch.zeros(4, dtype=torch.float64, device=self._place.device)
        for batch in self._validation:
            pause()
            images, labels = (part.to(self._place.device, non_blocking=True) for part in batch)
            logits = network(images).float()
            loss = F.cross_entropy(logits, labels, reduction="sum").double()
            hits = logits.topk(min(5, logits.shape[1])).indices == labels[:, None]  # (B,5)
            found += torch.stack([loss, hits[:, 0].sum(), hits.sum(), loss.new_tensor(len(labels))])
        loss, first, five, count = self._place.sum(found).tolist()
        return {"loss": loss / count, "top1": first / count, "top5": five / count, "images": int(count)}

    def save(self, network: nn.Module, path: Path) -> None:
        save_checkpoint(network, path)


class Change:
    """What an image for training goes through."""

    def __init__(self, recipe: ImageNetRecipe) -> None:
        self._change = v2.Compose(
            [
                v2.RandomResizedCrop(recipe.resolution, (recipe.smallest_crop, 1.0)),
                v2.RandomHorizontalFlip(recipe.flip),
                v2.ColorJitter(*recipe.colour_jitter),
                *_to_numbers(),
            ]
        )

    def __call__(self, image: Any, label: int) -> tuple[Tensor, int]:
        return self._change(image), label


class Centre:
    """What an image for validation goes through."""

    def __init__(self, recipe: ImageNetRecipe) -> None:
        side = round(recipe.resolution / recipe.centre_share)
        self._change = v2.Compose([v2.Resize(side), v2.CenterCrop(recipe.resolution), *_to_numbers()])

    def __call__(self, image: Any, label: int) -> tuple[Tensor, int]:
        return self._change(image), label


def _to_numbers() -> list[nn.Module]:
    return [v2.PILToTensor(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, DEVIATION)]
