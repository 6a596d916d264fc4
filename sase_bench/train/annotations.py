"""Images with annotated objects in COCO's format: boxes, classes and masks, read by pycocotools."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pycocotools.coco import COCO
from torch.utils.data import Dataset
from torchvision import tv_tensors

from sase_bench.errors import RequestError
from sase_bench.train.images import read_image
from sase_bench.train.masks import are_finite, problem_of

__all__ = ["Annotated", "CocoImages"]

_THINNEST = 0.01  # pixels


class CocoImages(Dataset[Any]):
    """Images and their objects. A label is the place of its class among the file's categories, from 1; 0 is the background.

    With `only_annotated` images without an object to learn from are left out; crowds are none, and boxes that
    are thinner than a hundredth of a pixel, which single precision does not tell from a line.
    """

    def __init__(self, folder: Path, truth: COCO, *, masks: bool, only_annotated: bool) -> None:
        self.truth, self._folder, self._masks = truth, folder, masks
        self._labels = {category: label for label, category in enumerate(sorted(truth.getCatIds()), 1)}
        ids = sorted(truth.getImgIds())
        self.ids: list[int] = [number for number in ids if self.objects(number)] if only_annotated else ids

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> tuple[Any, dict[str, Any]]:
        """The image as PIL reads it, and its objects as torchvision's detectors take them, in pixels of the image."""
        number = self.ids[index]
        image = read_image(self.path(number))
        size, objects = (image.height, image.width), self.objects(number)
        corners = torch.tensor([item["bbox"] for item in objects], dtype=torch.float32).reshape(-1, 4)
        corners[:, 2:] += corners[:, :2]  # x, y, width, height → x, y of two corners
        target: dict[str, Any] = {
            "boxes": tv_tensors.BoundingBoxes(corners, format="XYXY", canvas_size=size),
            "labels": torch.tensor([self._labels[item["category_id"]] for item in objects], dtype=torch.int64),
            "image_id": number,
        }
        if self._masks:
            masks = [self._mask(item) for item in objects]
            target["masks"] = tv_tensors.Mask(torch.from_numpy(np.stack(masks) if masks else np.zeros((0, *size), np.uint8)))
        return image, target

    def path(self, number: int) -> Path:
        """Where the image `number` lies."""
        return self._folder / str(self.truth.imgs[number]["file_name"])

    def _mask(self, item: dict[str, Any]) -> Any:
        with warnings.catch_warnings():  # pycocotools 2.0.11 has an array that does not know numpy 2's `copy`
            warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
            return self.truth.annToMask(item)

    def objects(self, number: int) -> list[dict[str, Any]]:
        """The annotations of the image `number` that can be learned from."""
        found = self.truth.loadAnns(self.truth.getAnnIds(imgIds=[number]))
        return [item for item in found if not item.get("iscrowd") and min(item["bbox"][2:]) >= _THINNEST]


class Annotated:
    """A training and a validation set with the same classes.

    `images` and `files` name a folder of images and a file of annotations for each, in `folder` or as paths of their own.
    Raises `RequestError` for what is missing, cannot be read or does not fit, before anything is trained.
    """

    def __init__(self, folder: Path, *, images: tuple[str, str], files: tuple[str, str], masks: bool) -> None:
        parts = [
            CocoImages(folder / place, _read(folder / file, masks=masks), masks=masks, only_annotated=not number)
            for number, (place, file) in enumerate(zip(images, files, strict=True))
        ]
        self.train, self.val = parts
        for part, place, file in zip(parts, images, files, strict=True):
            _require_images(part, folder / place, folder / file)
        categories = [{item["id"]: item["name"] for item in part.truth.cats.values()} for part in parts]
        if categories[0] != categories[1]:
            differing = {number for number, _ in categories[0].items() ^ categories[1].items()}
            raise RequestError(f"training and validation have the same categories, got others of id {_listed(differing)}")
        self.category_ids = sorted(categories[0])
        self.classes = [str(categories[0][number]) for number in self.category_ids]


def _read(path: Path, *, masks: bool) -> COCO:
    try:
        with redirect_stdout(StringIO()):
            truth = COCO(str(path))
        for item in truth.anns.values():
            _check(item, truth, masks)
    except OSError as error:
        raise RequestError(f"cannot read the annotations {str(path)!r}: {error.strerror or error}") from error
    except (AssertionError, ValueError, LookupError, TypeError, AttributeError) as error:
        if isinstance(error, RequestError):
            raise RequestError(f"{str(path)!r}: {error}") from None
        raise RequestError(f"{str(path)!r} has no instances in COCO's format: {type(error).__name__} {error}") from error
    if not truth.imgs or not truth.cats:
        raise RequestError(f"{str(path)!r} has no instances in COCO's format: no images or no categories")
    return truth


def _check(item: dict[str, Any], truth: COCO, masks: bool) -> None:
    wanted = {"image_id", "category_id", "bbox", "area"} | ({"segmentation"} if masks else set())
    if not wanted <= item.keys():
        raise RequestError(f"annotation {item.get('id')!r} has no {', '.join(sorted(wanted - item.keys()))}")
    if item["category_id"] not in truth.cats or item["image_id"] not in truth.imgs:
        raise RequestError(f"annotation {item['id']!r} is of a category or an image that the file does not list")
    if not are_finite(item["bbox"]) or len(item["bbox"]) != 4:
        raise RequestError(f"the box of annotation {item['id']!r} is x, y, width, height, got {_short(item['bbox'])}")
    if not are_finite([item["area"]]):
        raise RequestError(f"the area of annotation {item['id']!r} is a number of pixels, got {_short(item['area'])}")
    if masks:
        _check_mask(item, truth.imgs[item["image_id"]])


def _check_mask(item: dict[str, Any], image: dict[str, Any]) -> None:
    height, width = image.get("height"), image.get("width")
    if not (isinstance(height, int) and isinstance(width, int) and min(height, width) > 0):
        raise RequestError(
            f"image {image['id']!r} has a height and a width in pixels, got {_short(height)} and {_short(width)}"
        )
    problem = problem_of(item["segmentation"], height, width)
    if problem:
        raise RequestError(f"the mask of annotation {item['id']!r} cannot be used: it has {problem}")


def _require_images(part: CocoImages, folder: Path, file: Path) -> None:
    if not folder.is_dir():
        raise RequestError(f"there is no folder of images {str(folder)!r}")
    if not len(part):
        raise RequestError(f"no image in {str(file)!r} has an object to learn from")
    missing = [part.path(number) for number in part.ids if not part.path(number).is_file()]
    if missing:
        raise RequestError(f"{len(missing)} images of {str(file)!r} are missing, among them {str(missing[0])!r}")


def _short(thing: object) -> str:
    return repr(thing)[:80]


def _listed(numbers: Sequence[int] | set[int]) -> str:
    return ", ".join(map(str, sorted(numbers)[:5]))
