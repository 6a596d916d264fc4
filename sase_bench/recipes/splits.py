"""Fixed, disjoint train, validation and test images of every data set.

The images of a pool are put in the order of SHA-256("DATASET/POOL/NUMBER"), DATASET being the first to publish them: training
images are taken from the front of that order, validation images from its end, and for a set without an official test set the
test images before those. No random number generator is involved, so every machine and every version gets the same split, and
`splits.json` writes down the checksum of each list of image numbers.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from sase_bench.recipes.recipe import Proxy

__all__ = ["Split", "checksums", "published_checksums", "split_of"]

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """Image numbers: `train` and `val` count in the official training set, `test` in the set that `test_pool` names."""

    train: Numbers
    val: Numbers
    test: Numbers
    test_pool: str  # "test" = the official test set, "train" = there is none, and `test` is disjoint from `train` and `val`


@cache
def _order(dataset: str, pool: str, size: int) -> Numbers:
    keys = [hashlib.sha256(f"{dataset}/{pool}/{number}".encode()).digest() for number in range(size)]
    order = np.asarray(sorted(range(size), key=keys.__getitem__), dtype=np.int64)
    order.setflags(write=False)
    return order


def split_of(proxy: Proxy) -> Split:
    """The images of `proxy`; the same for all proxies with the same data set and sizes, nested for different sizes."""
    data, pixels = proxy.data, proxy.data.pixels_of or proxy.dataset
    order = _order(pixels, "train", data.train_images)
    front, back = order[: proxy.train_size], order[len(order) - proxy.val_size :]
    if data.test_images:
        return Split(front, back, _order(pixels, "test", data.test_images)[: proxy.test_size], "test")
    end = len(order) - proxy.val_size
    return Split(front, back, order[end - proxy.test_size : end], "train")


def checksums(proxy: Proxy) -> dict[str, str]:
    """SHA-256 of each list of image numbers, written as little-endian 64-bit integers in order."""
    split = split_of(proxy)
    return {part: hashlib.sha256(getattr(split, part).astype("<i8").tobytes()).hexdigest() for part in ("train", "val", "test")}


def published_checksums() -> dict[str, dict[str, str]]:
    """What `splits.json` says: by proxy and part, and under `images` by data set the SHA-256 of its pixels."""
    content: dict[str, dict[str, str]] = json.loads(files("sase_bench.recipes").joinpath("splits.json").read_text())
    return content
