"""Which blocks a proxy is judged by."""

from pathlib import Path

import pytest

from sase_bench.calibrate.scores import panel
from sase_bench.database import Store, connect
from sase_bench.errors import RequestError
from sase_bench.space import Space
from tests.records import DIGITS, made_up, unfinished


def test_a_table_of_chosen_blocks_only_is_judged_by_these(tmp_path: Path) -> None:
    chosen = (0, 1, 54983)
    with Store(tmp_path / "table.duckdb", [DIGITS]) as store:
        for arch in chosen:
            for seed in (0, 1):
                store.append(made_up(arch, seed))
    with connect(tmp_path / "table.duckdb") as table:
        assert panel(table, "digits").archs == chosen


def test_runs_are_counted_of_the_blocks_that_are_judged_and_of_those_that_diverged_beside_them(tmp_path: Path) -> None:
    drawn = [arch.index for arch in Space("full").sample(6, seed=0)]
    with Store(tmp_path / "table.duckdb", [DIGITS]) as store:
        for arch in drawn:
            for seed in (0, 1):
                store.append(unfinished(arch, seed) if arch == drawn[0] and seed else made_up(arch, seed))
        store.append(made_up(1, 0))  # chosen, and no part of the panel
        store.append(unfinished(1, 1))
    with connect(tmp_path / "table.duckdb") as table:
        found = panel(table, "digits")
    assert set(found.archs) == set(drawn[1:])
    assert (found.runs, found.unscored, found.seconds) == (12, 1, 2.0)


def test_a_block_that_was_drawn_and_always_diverged_is_counted_too(tmp_path: Path) -> None:
    drawn = [arch.index for arch in Space("full").sample(5, seed=0)]
    with Store(tmp_path / "table.duckdb", [DIGITS]) as store:
        for arch in drawn:
            for seed in (0, 1):
                store.append(unfinished(arch, seed) if arch == drawn[0] else made_up(arch, seed))
    with connect(tmp_path / "table.duckdb") as table:
        found = panel(table, "digits")
    assert (set(found.archs), found.runs, found.unscored) == (set(drawn[1:]), 10, 2)


def test_a_panel_among_some_blocks_takes_the_seeds_that_these_have(tmp_path: Path) -> None:
    drawn = [arch.index for arch in Space("full").sample(30, seed=0)]
    with Store(tmp_path / "table.duckdb", [DIGITS]) as store:
        for arch in drawn:
            for seed in range(4 if arch in drawn[:5] else 2):
                store.append(made_up(arch, seed))
    with connect(tmp_path / "table.duckdb") as table:
        assert (len(panel(table, "digits").archs), panel(table, "digits").seeds) == (30, (0, 1))
        among = panel(table, "digits", among={*drawn[:5], 1})
        assert (among.archs, among.seeds) == (tuple(sorted(drawn[:5])), (0, 1, 2, 3))


def test_a_panel_is_of_one_space_by_default_of_the_full_one_where_enough_was_drawn_from_it(tmp_path: Path) -> None:
    full = [arch.index for arch in Space("full").sample(12, seed=0)]
    tied = [arch.index for arch in Space("tied").sample(20, seed=0)]
    with Store(tmp_path / "table.duckdb", [DIGITS]) as store:
        for arch in full + tied:
            for seed in range(4 if arch in full else 2):
                store.append(made_up(arch, seed))
    with connect(tmp_path / "table.duckdb") as table:
        assert panel(table, "digits").space == "full"
        assert panel(table, "digits", space="full").archs == panel(table, "digits").archs == tuple(sorted(full))
        found = panel(table, "digits", space="tied")
        assert (found.space, found.archs, found.seeds, found.runs) == ("tied", tuple(sorted(tied)), (0, 1), 40)
        assert panel(table, "digits", among={*full[:8], *tied}).space == "tied"  # 20 blocks rather than 8
        assert panel(table, "digits", among=set(tied)).archs == found.archs


def test_blocks_that_nobody_drew_from_a_space_are_no_panel_of_it(tmp_path: Path) -> None:
    with Store(tmp_path / "table.duckdb", [DIGITS]) as store:
        for arch in Space("full").sample(8, seed=0):
            store.append(made_up(arch.index, 0))
    with (
        connect(tmp_path / "table.duckdb") as table,
        pytest.raises(RequestError, match="no block drawn at random from the tied space has been measured on digits"),
    ):
        panel(table, "digits", space="tied")
