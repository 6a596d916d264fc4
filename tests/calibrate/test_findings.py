"""Where a validity is defined."""

from pathlib import Path

import numpy as np
import pytest

from sase_bench.calibrate.findings import findings, judge
from sase_bench.calibrate.scores import METRICS, Panel
from sase_bench.database import Store, connect
from sase_bench.recipes import PROXIES
from sase_bench.space import Space
from tests.records import DIGITS, made_up


def panel(noise: float, blocks: int = 10) -> Panel:
    """Blocks that lie one apart, with three seeds whose noise has this standard deviation."""
    scores = np.arange(blocks)[:, None] + np.random.default_rng(0).normal(0, noise, (blocks, 3))
    return Panel("full", tuple(range(blocks)), (0, 1, 2), dict.fromkeys(METRICS, scores), 0, 3 * blocks, 1.0)


def test_a_validity_takes_two_reliabilities_that_are_above_zero() -> None:
    sure, unsure = panel(0.1), panel(1000.0)
    (found, *_) = findings("digits", sure, "cifar10-8", sure)
    assert found.validity is not None
    assert (found.validity.value, found.reference_blocks) == (pytest.approx(1), 10)
    for one, other in ((sure, unsure), (unsure, sure)):
        (found, *_) = findings("digits", one, "cifar10-8", other)
        assert str(found.validity) == "not defined"
        assert found.record()["validity_undefined"] == 0


def test_few_common_blocks_do_not_tell_even_where_all_of_them_would() -> None:
    few, many = panel(1.0, blocks=3), panel(1.0, blocks=10)
    (found, *_) = findings("digits", many, "cifar10-8", few)
    assert found.reliability.low > 0
    assert (str(found.validity), found.reference_blocks) == ("not defined", 3)


def test_what_is_not_defined_or_not_finite_is_missing_in_a_row() -> None:
    """Equal blocks have no reliability; where seeds contradict each other the lower end of one is minus infinity."""
    equal, opposed = np.ones((3, 2)), np.asarray([[0.0, 1.0], [1.0, 0.0], [0.5, 0.5]])
    scores = dict.fromkeys(METRICS, opposed) | {"val_top1": equal}
    found = {finding.metric: finding for finding in findings("digits", Panel("full", (1, 2, 3), (0, 1), scores, 0, 6, 1.0))}
    assert np.isnan(found["val_top1"].icc.value)
    assert found["val_loss"].reliability.low == -np.inf
    for record in (found["val_top1"].row(), found["val_top1"].record()):
        assert [record[name] for name in ("icc", "icc_low", "icc_high", "reliability", "validity")] == [None] * 5
        assert (record["blocks"], record["seconds"]) == (3, 1.0)
    row = found["val_loss"].row()
    assert (row["icc"], row["icc_low"], row["icc_high"]) == (-1, -1, -1)
    assert (row["reliability_low"], row["validity"], row["validity_low"]) == (None, None, None)


@pytest.mark.parametrize(("seeds", "shared"), [(4, ()), (3, ()), (2, (0, 1))])
def test_blocks_are_compared_by_seeds_of_their_own_where_two_are_left(
    tmp_path: Path, seeds: int, shared: tuple[int, ...]
) -> None:
    """The reference has the seeds 0 and 1, or with three seeds of the proxy only 0; what they share is luck for both."""
    blocks = [arch.index for arch in Space("full").sample(4, seed=0)]
    of_reference = 1 if seeds == 3 else 2
    with Store(tmp_path / "table.duckdb", [DIGITS, PROXIES["cifar10-8"]]) as store:
        for place, arch in enumerate(blocks):
            for seed in range(seeds):
                store.append(made_up(arch, seed, val_loss=1 + place + seed * (place % 2) / 8))
            for seed in [*range(of_reference), *range(9, 11 - of_reference)]:
                store.append(made_up(arch, seed, "cifar10-8", val_loss=1 + place + seed % 2 * (place % 2) / 8))
    with connect(tmp_path / "table.duckdb") as table:
        (found, *_) = next(judge(table, "cifar10-8", proxy="digits"))
    assert (found.seeds, found.reference_blocks, found.shared_seeds) == (seeds, 4, shared)
