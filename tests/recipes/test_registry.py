import pytest

from sase_bench.errors import RequestError
from sase_bench.recipes.registry import PROXIES, find, metric_of
from sase_bench.record import OBJECTIVES


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


def test_an_unknown_proxy_is_told_its_nearest_name() -> None:
    with pytest.raises(RequestError, match=r"^unknown proxy 'digit'; did you mean digits\?$"):
        find("digit")


def test_every_proxy_ranks_by_a_loss_that_a_search_may_see() -> None:
    assert {proxy.metric for proxy in PROXIES.values()} == {"val_loss", "train_loss"} <= set(OBJECTIVES)
    assert metric_of("digits-local-colours-long") == "train_loss"
    assert metric_of("a proxy of somebody else") == metric_of("digits") == "val_loss"
    assert "metric" not in PROXIES["digits"].recipe()
