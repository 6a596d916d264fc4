"""Small data sets in the layout of large ones."""

from pathlib import Path

import numpy as np
from PIL import Image

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
