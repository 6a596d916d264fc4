from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

from sase_bench.errors import RequestError
from sase_bench.train.images import ChangedImages, TrainingLoader, read_image, validation_loader
from sase_bench.train.place import Place

CPU = torch.device("cpu")


class Numbers(Dataset[Any]):
    """The numbers 0 to `count` - 1 as images."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> tuple[int]:
        return (index,)


def drawn(number: int) -> tuple[int, Tensor]:
    return number, torch.rand(2)


def epoch_of(rank: int, count: int, epoch: int, batch: int = 4, seed: int = 0, images: int = 13) -> dict[int, Tensor]:
    loader = TrainingLoader(ChangedImages(Numbers(images), drawn, seed), batch, seed, Place(CPU, rank, count), 0)
    return {
        int(number): draws for numbers, values in loader.epoch(epoch) for number, draws in zip(numbers, values, strict=True)
    }


def test_random_changes_follow_from_seed_epoch_and_index_alone() -> None:
    first, second = epoch_of(0, 1, 0), epoch_of(0, 1, 1)
    assert all(torch.equal(draws, epoch_of(0, 1, 0)[number]) for number, draws in first.items())
    assert not any(torch.equal(first[number], second[number]) for number in first.keys() & second.keys())
    assert not any(torch.equal(first[n], draws) for n, draws in epoch_of(0, 1, 0, seed=1).items() if n in first)
    halves = [epoch_of(rank, 2, 0) for rank in range(2)]
    assert not halves[0].keys() & halves[1].keys()
    assert all(torch.equal(draws, first[n]) for half in halves for n, draws in half.items() if n in first)


def test_the_order_is_another_in_every_epoch_and_every_process_makes_as_many_steps() -> None:
    assert list(epoch_of(0, 1, 0)) != list(epoch_of(0, 1, 1))
    assert [len(epoch_of(0, count, 0, images=27)) * count for count in (1, 2, 4)] == [24, 24, 24]


def test_drawing_leaves_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    epoch_of(0, 1, 0)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_every_validation_image_is_in_one_process(count: int) -> None:
    images = ChangedImages(Numbers(13), drawn, 0)
    parts = [validation_loader(images, 4, Place(CPU, rank, count), 0) for rank in range(count)]
    assert sorted(int(number) for part in parts for numbers, _ in part for number in numbers) == list(range(13))


def test_workers_draw_what_the_process_itself_would() -> None:
    images = ChangedImages(Numbers(8), drawn, 3)
    loaders = [TrainingLoader(images, 4, 3, Place(CPU), workers) for workers in (0, 1)]
    for epoch in range(2):  # the worker lives on
        alone, worked = ([torch.cat([n[:, None], d], 1) for n, d in loader.epoch(epoch)] for loader in loaders)
        assert all(map(torch.equal, alone, worked))


def test_batches_are_shared_equally() -> None:
    with pytest.raises(RequestError, match="a batch is shared equally by 2 processes, got 5 images"):
        epoch_of(0, 2, 0, batch=5)
    with pytest.raises(RequestError, match="a batch of 14 images needs as many training images, got 13"):
        epoch_of(0, 1, 0, batch=14)


def test_an_image_of_16_bits_keeps_its_shades(tmp_path: Path) -> None:
    ramp = np.arange(0, 65536, 256, dtype=np.uint16).reshape(16, 16)
    Image.fromarray(ramp).save(tmp_path / "ramp.png")
    read = np.asarray(read_image(tmp_path / "ramp.png"))
    assert (read == np.arange(256, dtype=np.uint8).reshape(16, 16, 1)).all()


@pytest.mark.parametrize("mode", ["I", "F"])
def test_an_image_of_32_bits_has_no_white(mode: str, tmp_path: Path) -> None:
    Image.new(mode, (4, 4)).save(tmp_path / "image.tif")
    with pytest.raises(RequestError, match=r"cannot read the image '.*image.tif': its pixels have 32 bits"):
        read_image(tmp_path / "image.tif")


def test_an_image_that_would_fill_the_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("1", (64, 64)).save(tmp_path / "bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(RequestError, match=r"cannot read the image '.*bomb.png': Image size \(4096 pixels\) exceeds limit"):
        read_image(tmp_path / "bomb.png")
