"""Loading images: each one's random changes follow from seed, epoch and index alone.

So it does not matter how many processes or workers load them, nor whether the run was stopped in between.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from signal import SIG_DFL, SIG_IGN, SIGINT, SIGTERM, signal
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, DistributedSampler, Subset

from sase_bench.errors import RequestError
from sase_bench.seeds import derived_seed
from sase_bench.train.place import Place

__all__ = ["ChangedImages", "TrainingLoader", "read_image", "validation_loader"]


def read_image(path: Path | str) -> Image.Image:
    """The image at `path` in red, green and blue, 8 bits each: of 16 bits the upper ones.

    Raises `RequestError` for a file that is none, and for pixels of 32 bits, of which no file says what is white.
    """
    try:
        with Image.open(path) as file:
            if file.mode.startswith("I;16") or (file.mode == "I" and file.format == "PNG"):  # older Pillow has PNG's as I
                return Image.fromarray((np.asarray(file).astype(np.uint32) >> 8).astype(np.uint8)).convert("RGB")
            if file.mode in ("I", "F"):
                raise ValueError("its pixels have 32 bits, and nothing says what is white")
            return file.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:  # Pillow has all for damaged files
        raise RequestError(f"cannot read the image {str(path)!r}: {error}") from error


class ChangedImages(Dataset[Any]):
    """`change` of each sample of `images`, drawn anew in each epoch."""

    def __init__(self, images: Dataset[Any], change: Callable[..., Any], seed: int) -> None:
        self._images, self._change, self._seed = images, change, seed
        self._epoch = torch.zeros((), dtype=torch.int64).share_memory_()  # workers that live on see it change

    def __len__(self) -> int:
        return len(self._images)  # type: ignore[arg-type]

    def __getitem__(self, index: int) -> Any:
        sample = self._images[index]
        with torch.random.fork_rng(devices=[]):
            seed = derived_seed(self._seed, "augmentation", str(int(self._epoch)), str(index))
            torch.default_generator.manual_seed(seed)  # of the CPU only
            return self._change(*sample)

    def set_epoch(self, epoch: int) -> None:
        self._epoch.fill_(epoch)


class TrainingLoader:
    """This process's part of the batches of an epoch; the last, smaller batch is left out."""

    def __init__(
        self, images: ChangedImages, batch_size: int, seed: int, place: Place, workers: int, collate: Any = None
    ) -> None:
        if len(images) < batch_size:
            raise RequestError(f"a batch of {batch_size} images needs as many training images, got {len(images)}")
        self._images = images
        self._sampler: DistributedSampler[Any] = DistributedSampler(
            images, place.count, place.rank, shuffle=True, seed=derived_seed(seed, "order"), drop_last=True
        )
        options = _options(place, workers) | {"persistent_workers": workers > 0}
        self._loader: DataLoader[Any] = DataLoader(
            images, place.share(batch_size), sampler=self._sampler, drop_last=True, collate_fn=collate, **options
        )

    def __len__(self) -> int:
        """Steps of an epoch, the same in every process."""
        return len(self._loader)

    def epoch(self, number: int) -> DataLoader[Any]:
        """The batches of the epoch `number`, counted from 0."""
        self._sampler.set_epoch(number)
        self._images.set_epoch(number)
        return self._loader


def validation_loader(
    images: Dataset[Any], batch_size: int, place: Place, workers: int, collate: Any = None
) -> DataLoader[Any]:
    """Every image in exactly one process, in order; processes may have different numbers of batches."""
    part = Subset(images, range(place.rank, len(images), place.count))  # type: ignore[arg-type]
    return DataLoader(part, batch_size, collate_fn=collate, **_options(place, workers))


def _options(place: Place, workers: int) -> dict[str, Any]:
    return {
        "num_workers": workers,
        "pin_memory": place.device.type == "cuda",
        "generator": torch.Generator().manual_seed(0),  # seeds workers, whose own generators nothing draws from
        "worker_init_fn": _ignore_signals,
    }


def _ignore_signals(_: int) -> None:
    """The training process alone decides what Ctrl-C means; its workers end with it."""
    signal(SIGINT, SIG_IGN)
    signal(SIGTERM, SIG_DFL)
