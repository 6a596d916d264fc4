"""Whole data sets in memory as tensors: no loader, no workers.

A set is read once (scikit-learn's digits from the package, the others through torchvision or from an offline copy),
shrunk by exact integer 2×2 means, checked against the published checksum of its pixels, split and normalised.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sase_bench.errors import UNREADABLE, RequestError
from sase_bench.proxies.augmentation import jitter_colours
from sase_bench.proxies.superclasses import SUPERCLASS
from sase_bench.recipes.folder import find_folder
from sase_bench.recipes.recipe import DATASETS, Proxy
from sase_bench.recipes.splits import published_checksums, split_of
from sase_bench.seeds import derived_seed

__all__ = ["Images", "ProxyData", "images_checksum", "load", "raw_images"]

Pixels = NDArray[np.uint8]  # (N,C,H,W)
Labels = NDArray[np.int64]  # (N,)
Pool = tuple[Pixels, Labels]

#: Where a set is compared with its published checksum: CIFAR-100 is also handed around at 16 pixels.
_CHECKED_SIDE = {"digits": 8, "fashion": 32, "cifar10": 32, "cifar100": 16}

_TORCHVISION = {"fashion": "FashionMNIST", "cifar10": "CIFAR10", "cifar100": "CIFAR100"}

#: The label of each class of the set whose images a set has.
_RELABELLED = {"cifar20": SUPERCLASS}


@dataclass(frozen=True)
class Images:
    """Normalised images (N,C,H,W) float32 and their labels (N,) int64."""

    x: Tensor
    y: Tensor

    def __len__(self) -> int:
        return len(self.y)

    def to(self, device: torch.device) -> Images:
        return Images(self.x.to(device), self.y.to(device))


@dataclass(frozen=True)
class ProxyData:
    """The three disjoint parts that a run sees."""

    train: Images
    val: Images
    test: Images

    def to(self, device: torch.device) -> ProxyData:
        """The same on `device`."""
        return ProxyData(self.train.to(device), self.val.to(device), self.test.to(device))


def load(proxy: Proxy, folder: Path | None = None, *, download: bool = False) -> ProxyData:
    """The images of `proxy`, normalised with mean and standard deviation of its training images, on the CPU.

    `folder` is where torchvision keeps the set (default: the environment variable SASE_BENCH_DATA). Raises `RequestError`
    where the set is missing, or is not the published one.
    """
    pools = raw_images(proxy.dataset, folder, coarsest=proxy.resolution, download=download)
    found, known = images_checksum(proxy.dataset, pools), published_checksums()["images"][proxy.dataset]
    if found != known:
        folder = find_folder(proxy.dataset, folder)
        place = "scikit-learn" if folder is None else repr(str(folder))
        raise RequestError(
            f"the images of {proxy.dataset} in {place} are not the published ones "
            f"(SHA-256 {found[:16]}, expected {known[:16]}); delete them and fetch them again"
        )
    split = split_of(proxy)
    parts = {"train": ("train", split.train), "val": ("train", split.val), "test": (split.test_pool, split.test)}
    pixels = {
        part: shrink(pools[pool][0][numbers], proxy.resolution).astype(np.float32) for part, (pool, numbers) in parts.items()
    }
    mean = pixels["train"].mean((0, 2, 3), keepdims=True, dtype=np.float64).astype(np.float32)
    std = pixels["train"].std((0, 2, 3), keepdims=True, dtype=np.float64).astype(np.float32)
    images = {part: torch.from_numpy((pixels[part] - mean) / std) for part in parts}
    for part in ("val", "test"):
        generator = torch.Generator().manual_seed(derived_seed(0, proxy.dataset, part, "colours"))
        images[part] = jitter_colours(images[part], proxy.colour_jitter, generator=generator)
    labels = {part: torch.from_numpy(pools[pool][1][numbers]) for part, (pool, numbers) in parts.items()}
    return ProxyData(**{part: Images(images[part], labels[part]) for part in parts})


def raw_images(dataset: str, folder: Path | None, *, coarsest: int, download: bool = False) -> dict[str, Pool]:
    """Pixels and labels by pool: `train`, and `test` where there is an official test set.

    The pixels are as fine as the copy at hand has them, which need not be finer than `coarsest`.
    """
    pixels = DATASETS[dataset].pixels_of
    if pixels:
        labels = np.asarray(_RELABELLED[dataset])
        pools = raw_images(pixels, folder, coarsest=coarsest, download=download)
        return {pool: (x, labels[y]) for pool, (x, y) in pools.items()}
    folder = find_folder(dataset, folder, download=download)
    if folder is None:
        from sklearn.datasets import load_digits

        digits = load_digits()
        return {"train": (digits.images.astype(np.uint8)[:, None], digits.target.astype(np.int64))}
    packed = folder / f"{dataset}-{_CHECKED_SIDE[dataset]}.npz"
    if packed.is_file() and coarsest <= _CHECKED_SIDE[dataset]:
        try:
            with packed.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                pools = {pool: (arrays[f"x_{pool}"], arrays[f"y_{pool}"]) for pool in ("train", "test")}
            if any(x.ndim not in (3, 4) or x.dtype != np.uint8 or len(x) != len(y) for x, y in pools.values()):
                raise ValueError("images are (N,H,W) or (N,H,W,C), bytes, with a label each")
        except UNREADABLE as error:
            raise RequestError(f"{str(packed)!r} cannot be read ({error}); copy it again") from error
    else:
        pools = {pool: _torchvision(dataset, folder, train=pool == "train", download=download) for pool in ("train", "test")}
    return {pool: (_channels_first(x), y.astype(np.int64)) for pool, (x, y) in pools.items()}


def _torchvision(dataset: str, folder: Path, *, train: bool, download: bool) -> Pool:
    from torchvision import datasets

    try:
        images = getattr(datasets, _TORCHVISION[dataset])(folder, train=train, download=download)
    except UNREADABLE as error:
        reason = "the download failed" if download else "fetch it with --download"
        said = (str(error).splitlines() or [type(error).__name__])[0]
        raise RequestError(f"no {dataset} in {str(folder)!r}; {reason} ({said})") from error
    return np.asarray(images.data, dtype=np.uint8), np.asarray(images.targets, dtype=np.int64)


def _channels_first(x: Pixels) -> Pixels:
    """(N,H,W) or (N,H,W,C) → (N,C,H,W), padded with zeros to 32 pixels where the set has 28."""
    x = x[:, None] if x.ndim == 3 else x.transpose(0, 3, 1, 2)
    border = (32 - x.shape[2]) // 2 if x.shape[2] == 28 else 0
    return np.pad(x, ((0, 0), (0, 0), (border, border), (border, border)))


def shrink(x: Pixels, side: int) -> Pixels:
    """(N,C,S,S) → (N,C,side,side) by repeated 2×2 means, each rounded half up."""
    while x.shape[2] > side:
        blocks = x.reshape(*x.shape[:2], x.shape[2] // 2, 2, x.shape[3] // 2, 2)
        x = ((blocks.sum((3, 5), dtype=np.uint16) + 2) // 4).astype(np.uint8)
    return np.ascontiguousarray(x)


def images_checksum(dataset: str, pools: dict[str, Pool]) -> str:
    """SHA-256 of all pixels and labels, at the resolution at which every copy of the set is the same."""
    digest = hashlib.sha256()
    for _, (pixels, labels) in sorted(pools.items()):
        digest.update(shrink(pixels, _CHECKED_SIDE[DATASETS[dataset].pixels_of or dataset]).tobytes())
        digest.update(labels.astype("<i8").tobytes())
    return digest.hexdigest()
