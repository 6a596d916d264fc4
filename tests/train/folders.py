"""Small data sets in the layout of large ones, and the command that trains on images so small."""

import json
from pathlib import Path

import numpy as np
from PIL import Image
from pycocotools import mask as rle

COMMAND = ["imagenet", "--backbone", "resnet8", "--resolution", "16", "--device", "cpu", "--workers", "0"]
SHORT = ["--epochs", "3", "--batch-size", "8", "--learning-rate", "0.5", "--average-decay", "0.5"]

COLOURS = {"blue": (20, 20, 220), "green": (20, 220, 20), "red": (220, 20, 20)}


def image_folder(folder: Path, train: int = 8, val: int = 3, side: int = 20) -> Path:
    """`train` and `val` noisy images of each of three colours."""
    noise = np.random.default_rng(0)
    for part, count in (("train", train), ("val", val)):
        for name, colour in COLOURS.items():
            (folder / part / name).mkdir(parents=True)
            for number in range(count):
                pixels = noise.normal(colour, 40, (side, side + number, 3)).clip(0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(folder / part / name / f"{number}.png")
    return folder


def coco_folder(folder: Path, train: int = 8, val: int = 3) -> Path:
    """Images of 64 to 100 pixels with a rectangle or a circle or both, in COCO's layout, with masks; categories 3 and 7."""
    draw = np.random.default_rng(1)
    (folder / "annotations").mkdir(parents=True)
    for part, count in (("train2017", train), ("val2017", val)):
        (folder / part).mkdir()
        images, annotations = [], []
        for number in range(1, count + 1):
            height, width = (int(side) for side in draw.integers(64, 101, 2))
            pixels = draw.normal(90, 15, (height, width, 3))
            for kind in ((3,), (7,), (3, 7))[number % 3]:
                mask = _shape(kind, height, width, draw)
                pixels[mask] = (230, 40, 40) if kind == 3 else (40, 60, 230)
                annotations.append(_annotation(len(annotations) + 1, number, kind, mask))
            name = f"{number:04}.png"
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / part / name)
            images.append({"id": number, "file_name": name, "height": height, "width": width})
        categories = [{"id": 3, "name": "rectangle"}, {"id": 7, "name": "circle"}]
        content = {"images": images, "annotations": annotations, "categories": categories}
        (folder / "annotations" / f"instances_{part}.json").write_text(json.dumps(content))
    return folder


def _shape(kind: int, height: int, width: int, draw: np.random.Generator) -> np.ndarray:
    """A mask of a rectangle (3) or a circle (7) of 24 to 40 pixels that lies in the image."""
    size = int(draw.integers(24, 41))
    top, left = int(draw.integers(0, height - size)), int(draw.integers(0, width - size))
    rows, columns = np.mgrid[:height, :width]
    if kind == 3:
        return (rows >= top) & (rows < top + size) & (columns >= left) & (columns < left + size)
    radius = (size - 1) / 2
    return (rows - top - radius) ** 2 + (columns - left - radius) ** 2 <= radius**2


def _annotation(number: int, image: int, category: int, mask: np.ndarray) -> dict[str, object]:
    encoded = rle.encode(np.asfortranarray(mask, dtype=np.uint8))
    return {
        "id": number,
        "image_id": image,
        "category_id": category,
        "bbox": rle.toBbox(encoded).tolist(),
        "area": float(mask.sum()),
        "segmentation": {"size": encoded["size"], "counts": encoded["counts"].decode()},
        "iscrowd": 0,
    }
