"""How sure means are by the number of seeds: lines on a table whose blocks have two, and some four."""

from pathlib import Path

import pytest

from sase_bench.calibrate.agreement import ranking
from sase_bench.calibrate.findings import judge
from sase_bench.calibrate.scores import panel
from sase_bench.database import Store, connect
from sase_bench.recipes.registry import PROXIES
from sase_bench.release.groups import groups
from sase_bench.space import Space
from sase_bench.statistics.correlation import ranks
from sase_bench.statistics.reliability import Estimate, estimate_reliability, spearman_brown
from tests.records import DIGITS, made_up


def test_a_line_for_each_number_of_seeds_measured_where_enough_blocks_were_drawn(tmp_path: Path) -> None:
    drawn = [arch.index for arch in Space("full").sample(12, seed=0)]
    chosen = next(arch for arch in range(100) if arch not in drawn)
    with Store(tmp_path / "table.duckdb", [DIGITS]) as store:
        for place, arch in enumerate([*drawn, chosen]):
            for seed in range(4 if place < 3 else 3 if arch == chosen else 2):
                store.append(made_up(arch, seed, val_loss=1 + place / 10 + seed * (place * 5 % 7) / 20))
    with connect(tmp_path / "table.duckdb") as table:
        found = [item for group in judge(table) for item in group]
        two, three, four = groups(table, found)
        (icc,) = (item.icc for item in found if item.metric == "val_loss")
        predicted = Estimate(*(spearman_brown(value, 2) for value in (icc.value, icc.low, icc.high)))
        measured = ranks(panel(table, "digits", (0, 1)).restrict(tuple(sorted(drawn[3:]))).scores["val_loss"])
    assert two == (
        f"* 9 blocks of digits with 2 seeds: reliability of their mean val_loss {predicted}, from the ICC of a run"
        f"; measured on 9 of them that were drawn at random from the full space: {estimate_reliability(measured)}."
    )
    assert three.endswith("from the ICC of a run; none of them was drawn at random.")
    assert four.endswith("from the ICC of a run; 3 of them were drawn at random from the full space.")
    assert icc.value == pytest.approx(found[0].icc.value)


def test_a_proxy_is_judged_by_what_it_ranks_by(tmp_path: Path) -> None:
    proxy = PROXIES["digits-local-colours-long"]
    with Store(tmp_path / "table.duckdb", [proxy]) as store:
        for place, arch in enumerate(Space("full").sample(10, seed=0)):
            for seed in range(2):
                store.append(made_up(arch.index, seed, proxy.name, train_loss=1 + place / 10 + seed * (place * 5 % 7) / 20))
    with connect(tmp_path / "table.duckdb") as table:
        found = [item for group in judge(table) for item in group]
        (line,) = groups(table, found)
    (item,) = ranking(found)
    assert item.metric == "train_loss"
    assert line.startswith(
        f"* 10 blocks of {proxy.name} with 2 seeds: reliability of their mean train_loss {item.reliability}, "
    )
