"""How the best block stands where it was not chosen: done by hand on runs whose scores are multiples of 1/64."""

from pathlib import Path

import pytest

from sase_bench.database.shard_writer import ShardWriter
from sase_bench.modules import Module
from sase_bench.query import ask
from sase_bench.recipes.registry import PROXIES
from sase_bench.report.evidence import evidence_of
from sase_bench.report.evidence.rivals import gain_by_rare_seeds, leads, scores_of
from sase_bench.statistics.paired_tests import holm
from sase_bench.statistics.quantiles import t_quantile
from tests.records import DIGITS, made_up

NONE, SE, ECA = (Module(name).index for name in ("none", "se", "eca"))
LONGER = PROXIES["fashion-8"]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Block 0 is the best on digits and the worst on the other proxy; it alone has the seeds 2 and 3, and the plain trunk."""
    folder = tmp_path_factory.mktemp("shelf")
    short = {0: [0.25, 0.25, 0.375, 0.5], 1: [0.5, 0.5], 2: [0.625, 0.75], SE: [0.5, 0.625], NONE: [1.0, 1.0, 1.0, 1.0]}
    long = {0: [1.0, 1.25], 1: [0.5, 0.75], SE: [0.25, 0.5], ECA: [1.0, 1.25], NONE: [1.5, 1.875]}
    with ShardWriter(folder, [DIGITS, LONGER]) as shelf:
        for proxy, runs in ((DIGITS.name, short), (LONGER.name, long)):
            for arch, losses in runs.items():
                for seed, loss in enumerate(losses):
                    shelf.append(made_up(arch, seed, proxy, val_loss=loss, val_top1=1 - loss / 2))
        shelf.publish()
    return folder


def test_modules_lead_over_the_block_that_was_best_elsewhere(shelf: Path) -> None:
    (digits,) = (found for found in evidence_of(shelf).measurements if found.proxy == DIGITS.name)
    assert digits.best["arch"] == 0
    told = {(row["metric"], row["module"]): row for row in digits.rivals_elsewhere}
    assert list(told) == [("val_loss", "se"), ("val_loss", "eca"), ("val_top1", "se"), ("val_top1", "eca")]
    assert {row["proxy"] for row in digits.rivals_elsewhere} == {LONGER.name}
    assert [(row["lead"], row["seeds"]) for row in told.values()] == [(0.75, 2), (0.0, 2), (0.375, 2), (0.0, 2)]
    (asked,) = (row for row in ask(f"compare se with 0 on {LONGER.name}", db=shelf).records() if row["metric"] == "val_loss")
    lead = told["val_loss", "se"]
    assert (lead["lead_low"], lead["lead_high"], lead["p"]) == (-asked["high"], -asked["low"], asked["p"])
    for metric in ("val_loss", "val_top1"):
        rows = [row for (of, _), row in told.items() if of == metric]
        assert [row["holm"] for row in rows] == holm([row["p"] for row in rows])
    assert leads(shelf, LONGER.name, 2, ["se"]) == []  # which was not trained there
    assert scores_of("digits-local-colours-long") == ("train_loss",)


def test_the_gain_by_seeds_that_most_blocks_lack(shelf: Path) -> None:
    found = gain_by_rare_seeds(shelf, DIGITS.name, 0)
    half = t_quantile(0.95, 1) * 0.125 / 2
    assert found == {"gain": 0.5625, "low": pytest.approx(0.5625 - half), "high": pytest.approx(0.5625 + half), "seeds": [2, 3]}
    assert gain_by_rare_seeds(shelf, DIGITS.name, 1) is None  # it has only the seeds of all
    (digits,) = (one for one in evidence_of(shelf).measurements if one.proxy == DIGITS.name)
    assert digits.rare_gain == found
