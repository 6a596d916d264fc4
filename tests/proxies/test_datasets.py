import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from sase_bench.errors import RequestError
from sase_bench.proxies.datasets import load, raw_images, shrink
from sase_bench.recipes.registry import PROXIES
from sase_bench.recipes.splits import split_of

FOLDER = os.environ.get("SASE_BENCH_DATA")
needs_data = pytest.mark.skipif(FOLDER is None, reason="SASE_BENCH_DATA names no folder of data sets")


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


def test_validation_images_keep_their_jitter() -> None:
    proxy = replace(PROXIES["digits"], colour_jitter=0.5)
    first, second, plain = load(proxy), load(proxy), load(PROXIES["digits"])
    assert torch.equal(first.val.x, second.val.x)
    assert not torch.equal(first.val.x, plain.val.x)
    assert torch.equal(first.train.x, plain.train.x)


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


def test_superclasses_are_other_labels_of_the_same_images(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(256, size=(100, 16, 16, 3), dtype=np.uint8)
    arrays = {f"{kind}_{pool}": values for pool in ("train", "test") for kind, values in (("x", images), ("y", np.arange(100)))}
    np.savez(tmp_path / "cifar100-16.npz", **arrays)
    (pixels, _), (same, labels) = (raw_images(name, tmp_path, coarsest=16)["train"] for name in ("cifar100", "cifar20"))
    np.testing.assert_array_equal(pixels, same)
    assert np.bincount(labels).tolist() == [5] * 20
    fruit = [0, 51, 53, 57, 83]  # apple, mushroom, orange, pear, sweet pepper: "fruit and vegetables", the fifth superclass
    assert np.flatnonzero(labels == 4).tolist() == fruit
    fine, coarse = (split_of(PROXIES[f"{name}-8"]) for name in ("cifar100", "cifar20"))
    assert all(np.array_equal(getattr(fine, part), getattr(coarse, part)) for part in ("train", "val", "test"))


@needs_data
@pytest.mark.data
@pytest.mark.parametrize(
    "name", ["fashion-8", "fashion-32", "cifar10-8", "cifar10-16", "cifar10-32", "cifar100-8", "cifar100-16", "cifar20-8"]
)
def test_data_sets_on_disk_are_the_published_ones(name: str) -> None:
    proxy = PROXIES[name]
    data = load(proxy, Path(str(FOLDER)))
    assert data.train.x.shape == (proxy.train_size, proxy.data.channels, proxy.resolution, proxy.resolution)
    assert len(data.test) == 10_000
    assert set(data.val.y.tolist()) == set(range(proxy.data.classes))
