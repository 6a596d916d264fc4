"""How sure means are by the number of seeds: lines on a table whose blocks have two, and some four."""

from pathlib import Path

import pytest

from sase_bench.calibrate.agreement import ranking
from sase_bench.calibrate.findings import judge
from sase_bench.calibrate.scores import panel
from sase_bench.database import Store, connect
from sase_bench.recipes.registry import PROXIES
from sase_bench.release.groups import elsewhere, groups
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
        predicted = Estimate(*(spearman_brown(value, 3) for value in (icc.value, icc.low, icc.high)))
        measured = ranks(panel(table, "digits", (0, 1)).restrict(tuple(sorted(drawn[3:]))).scores["val_loss"])
    assert two == (
        f"* 9 blocks of digits with 2 seeds: reliability of their mean val_loss {estimate_reliability(measured)}, "
        "measured on 9 of them that were drawn at random from the full space."
    )
    judged = next(item.blocks for item in found)
    assert three == (
        f"* 1 block of digits with 3 seeds: reliability of their mean val_loss {predicted}, by the ICC of a run of the "
        f"{judged} blocks of the first line; none of them was drawn at random."
    )
    assert four.endswith(f"of the {judged} blocks of the first line; 3 of them were drawn at random from the full space.")
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


def test_another_space_is_judged_by_itself_where_enough_blocks_were_drawn_from_it(tmp_path: Path) -> None:
    """Blocks of the tied space that are alike, beside ones of the full space that are not."""
    full, tied = Space("full").sample(12, seed=0), Space("tied").sample(10, seed=0)
    with Store(tmp_path / "table.duckdb", [DIGITS]) as store:
        for place, arch in enumerate([*full, *tied]):
            for seed in range(3 if place < 12 else 2):
                noise = ((place + 1) * (7 * seed + 3) % 11) / 10
                store.append(made_up(arch.index, seed, val_loss=1 + noise + (place if place < 12 else 0)))
    with connect(tmp_path / "table.duckdb") as table:
        found = [item for group in judge(table) for item in group]
        (other,) = elsewhere(table, found)
        lines = list(groups(table, found))
    (judged,) = ranking(found)
    assert (judged.space, judged.blocks, judged.seeds) == ("full", 12, 3)
    assert (other.space, other.blocks, other.seeds, other.metric) == ("tied", 10, 2, "val_loss")
    assert other.reliability.value < judged.reliability.low
    assert lines[0] == (
        f"* 10 blocks of digits with 2 seeds: reliability of their mean val_loss {other.reliability}, measured on 10 of them "
        "that were drawn at random from the tied space."
    )
