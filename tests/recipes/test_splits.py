from dataclasses import replace

import numpy as np
import pytest

from sase_bench.recipes.recipe import DATASETS, Proxy
from sase_bench.recipes.registry import PROXIES
from sase_bench.recipes.splits import checksums, published_checksums, split_of


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


def test_every_data_set_has_its_published_checksum() -> None:
    assert set(published_checksums()["images"]) == set(DATASETS)
