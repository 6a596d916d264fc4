import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from sase_bench.errors import RequestError
from sase_bench.proxies.augmentation import augment, jitter_colours
from sase_bench.proxies.datasets import load, raw_images, shrink
from sase_bench.proxies.recipe import DATASETS, Proxy
from sase_bench.proxies.registry import PROXIES, find
from sase_bench.proxies.splits import checksums, published_checksums, split_of

FOLDER = os.environ.get("SASE_BENCH_DATA")
needs_data = pytest.mark.skipif(FOLDER is None, reason="SASE_BENCH_DATA names no folder of data sets")


@pytest.mark.parametrize("proxy", PROXIES.values(), ids=lambda proxy: proxy.name)
def test_splits_are_disjoint_complete_and_as_written_down(proxy: Proxy) -> None:
    split = split_of(proxy)
    assert (len(split.train), len(split.val), len(split.test)) == (proxy.train_size, proxy.val_size, proxy.test_size)
    parts = [set(split.train.tolist()), set(split.val.tolist())]
    pool = proxy.data.train_images
    if split.test_pool == "train":
        parts.append(set(split.test.tolist()))
    else:
        assert set(split.test.tolist()) <= set(range(proxy.data.test_images))
    assert len(set().union(*parts)) == sum(map(len, parts))
    assert set().union(*parts) <= set(range(pool))
    assert checksums(proxy) == published_checksums()[proxy.name]


def test_a_smaller_split_is_the_beginning_of_a_larger_one() -> None:
    proxy = PROXIES["cifar10-16"]
    small = replace(proxy, train_size=500, val_size=300)
    np.testing.assert_array_equal(split_of(small).train, split_of(proxy).train[:500])
    assert set(split_of(small).val.tolist()) < set(split_of(proxy).val.tolist())


def test_recipes_are_hashed_by_what_decides_a_score() -> None:
    proxy = PROXIES["digits"]
    assert replace(proxy, name="other", description="other").recipe_hash == proxy.recipe_hash
    assert replace(proxy, epochs=13).recipe_hash != proxy.recipe_hash
    assert replace(proxy, colour_jitter=0.1).recipe_hash != proxy.recipe_hash
    assert len({item.recipe_hash for item in PROXIES.values()}) == len(PROXIES)


def test_hashes_of_recipes_that_runs_were_made_with_do_not_change() -> None:
    assert PROXIES["digits"].recipe_hash == "65669098c82ef7d6"
    assert PROXIES["cifar10-8-local"].recipe_hash == "2e1cc5d32b6cc25b"
    assert PROXIES["cifar10-r20"].recipe_hash == "d58a94a678ea98d8"


def test_the_papers_search_setting_is_the_papers() -> None:
    paper = PROXIES["cifar10-r20"]
    assert (paper.depth, paper.width, paper.resolution, paper.epochs, paper.batch_size) == (20, 16, 32, 100, 128)
    assert (paper.learning_rate, paper.final_rate, paper.momentum, paper.weight_decay, paper.clip_norm) == (
        0.025, 1e-4, 0.9, 5e-4, 5.0,
    )  # fmt: skip
    assert (paper.train_size, paper.val_size, paper.nesterov, paper.warmup) == (25_000, 25_000, False, 0.0)


def test_every_data_set_has_its_published_checksum() -> None:
    assert set(published_checksums()["images"]) == set(DATASETS)


def test_digits_are_normalised_by_their_training_images() -> None:
    data = load(PROXIES["digits"])
    assert data.train.x.shape == (700, 1, 8, 8)
    assert data.train.x.dtype == torch.float32
    torch.testing.assert_close(data.train.x.mean(), torch.tensor(0.0), atol=1e-5, rtol=0)
    torch.testing.assert_close(data.train.x.std(correction=0), torch.tensor(1.0), atol=1e-5, rtol=0)
    assert abs(float(data.val.x.mean())) > 1e-5
    assert set(data.test.y.tolist()) == set(range(10))


def test_images_that_are_not_the_published_ones_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    pools = raw_images("digits", None, coarsest=8)
    pools["train"][0][5, 0, 3, 3] ^= 1
    monkeypatch.setattr("sase_bench.proxies.datasets.raw_images", lambda *args, **kwargs: pools)
    with pytest.raises(RequestError, match="the images of digits in scikit-learn are not the published ones"):
        load(PROXIES["digits"])


def test_shrinking_takes_two_by_two_means_rounded_half_up() -> None:
    x = np.array([[[[0, 1, 255, 255], [0, 1, 255, 254], [1, 1, 0, 0], [1, 0, 0, 1]]]], dtype=np.uint8)
    np.testing.assert_array_equal(shrink(x, 2), [[[[1, 255], [1, 0]]]])
    np.testing.assert_array_equal(shrink(x, 1), [[[[64]]]])


def test_augmentation_shifts_whole_images_and_depends_on_its_generator_alone() -> None:
    x = torch.arange(2 * 3 * 6 * 6, dtype=torch.float32).reshape(2, 3, 6, 6).repeat(40, 1, 1, 1) + 1
    first = augment(x, shift=2, flip=True, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(first, augment(x, shift=2, flip=True, generator=torch.Generator().manual_seed(1)))
    padded = torch.nn.functional.pad(x, (2, 2, 2, 2))
    moved = set()
    for image, source in zip(first, padded, strict=True):
        fits = [
            (row, column, flip)
            for row in range(5)
            for column in range(5)
            for flip in (False, True)
            if torch.equal(image.flip(2) if flip else image, source[:, row : row + 6, column : column + 6])
        ]
        assert len(fits) == 1
        moved.add(fits[0])
    assert len(moved) > 25


def test_colour_jitter_is_one_gain_and_offset_for_each_channel_of_each_image() -> None:
    x = torch.randn(300, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    y = jitter_colours(x, 0.5, generator=torch.Generator().manual_seed(1))
    gain = (y[..., 0, 0] - y[..., 1, 1]) / (x[..., 0, 0] - x[..., 1, 1])
    offset = y[..., 0, 0] - gain * x[..., 0, 0]
    torch.testing.assert_close(y, x * gain[..., None, None] + offset[..., None, None], rtol=1e-3, atol=1e-3)
    assert float(gain.log().std()) == pytest.approx(0.5, rel=0.1)
    assert float(offset.std()) == pytest.approx(0.5, rel=0.1)
    assert jitter_colours(x, 0.0, generator=torch.Generator()) is x


def test_validation_images_keep_their_jitter() -> None:
    proxy = replace(PROXIES["digits"], colour_jitter=0.5)
    first, second, plain = load(proxy), load(proxy), load(PROXIES["digits"])
    assert torch.equal(first.val.x, second.val.x)
    assert not torch.equal(first.val.x, plain.val.x)
    assert torch.equal(first.train.x, plain.train.x)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (lambda: find("digit"), "unknown proxy 'digit'; did you mean digits?"),
        (
            lambda: load(PROXIES["cifar10-8"], Path("/nowhere")),
            "there is no folder '/nowhere' with cifar10; fetch it with --data DIR --download",
        ),
        (
            lambda: replace(PROXIES["digits"], dataset="mnist"),
            "unknown data set 'mnist'; choose from digits, fashion, cifar10, cifar100",
        ),
        (lambda: replace(PROXIES["digits"], resolution=16), "digits has 8 pixels and shrinks to a divisor of that, got 16"),
        (lambda: replace(PROXIES["digits"], batch_size=701), "proxy digits has batches of 701 from 700 images"),
        (
            lambda: replace(PROXIES["digits"], val_size=701),
            "proxy digits draws more images than digits has (1797 for training and validation, 0 for testing)",
        ),
    ],
)
def test_impossible_requests_say_what_was_wrong(request_: object, message: str) -> None:
    with pytest.raises(RequestError) as error:
        request_()  # type: ignore[operator]
    assert str(error.value) == message


def test_a_missing_data_set_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SASE_BENCH_DATA", raising=False)
    with pytest.raises(RequestError, match="cifar10 is not part of the package; say where it is with --data DIR"):
        load(PROXIES["cifar10-8"])
    with pytest.raises(RequestError, match=r"no cifar10 in .*; fetch it with --download"):
        load(PROXIES["cifar10-8"], tmp_path)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "cifar100-16.npz").write_bytes(b"PK\x03\x04 not a zip")
    with pytest.raises(RequestError, match=r"cifar100-16.npz' cannot be read \(.*\); copy it again"):
        load(PROXIES["cifar100-8"], tmp_path)


@pytest.mark.parametrize("shape", [(3, 16), (3, 16, 16, 3, 1)])
def test_a_file_of_other_arrays_is_named(tmp_path: Path, shape: tuple[int, ...]) -> None:
    arrays = {f"x_{pool}": np.zeros(shape, np.uint8) for pool in ("train", "test")}
    np.savez(tmp_path / "cifar100-16.npz", **arrays, y_train=np.zeros(3), y_test=np.zeros(3))
    with pytest.raises(RequestError, match=r"cifar100-16.npz' cannot be read \(images are .*\); copy it again"):
        load(PROXIES["cifar100-8"], tmp_path)


@needs_data
@pytest.mark.data
@pytest.mark.parametrize(
    "name", ["fashion-8", "fashion-32", "cifar10-8", "cifar10-16", "cifar10-32", "cifar100-8", "cifar100-16"]
)
def test_data_sets_on_disk_are_the_published_ones(name: str) -> None:
    proxy = PROXIES[name]
    data = load(proxy, Path(str(FOLDER)))
    assert data.train.x.shape == (proxy.train_size, proxy.data.channels, proxy.resolution, proxy.resolution)
    assert len(data.test) == 10_000
    assert set(data.val.y.tolist()) == set(range(proxy.data.classes))
