from collections.abc import Callable
from dataclasses import replace

import pytest

from sase_bench.errors import RequestError
from sase_bench.recipes.recipe import Proxy
from sase_bench.recipes.registry import PROXIES


def test_recipes_are_hashed_by_what_decides_a_score() -> None:
    proxy = PROXIES["digits"]
    assert replace(proxy, name="other", description="other").recipe_hash == proxy.recipe_hash
    assert replace(proxy, epochs=13).recipe_hash != proxy.recipe_hash
    assert replace(proxy, colour_jitter=0.1).recipe_hash != proxy.recipe_hash
    assert len({item.recipe_hash for item in PROXIES.values()}) == len(PROXIES)


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (
            lambda: replace(PROXIES["digits"], dataset="mnist"),
            "unknown data set 'mnist'; choose from digits, fashion, cifar10, cifar100, cifar20",
        ),
        (lambda: replace(PROXIES["digits"], resolution=16), "digits has 8 pixels and shrinks to a divisor of that, got 16"),
        (lambda: replace(PROXIES["digits"], batch_size=701), "proxy digits has batches of 701 from 700 images"),
        (
            lambda: replace(PROXIES["digits"], val_size=701),
            "proxy digits draws more images than digits has (1797 for training and validation, 0 for testing)",
        ),
    ],
)
def test_a_recipe_that_no_data_set_can_serve_is_refused(recipe: Callable[[], Proxy], message: str) -> None:
    with pytest.raises(RequestError) as error:
        recipe()
    assert str(error.value) == message
