"""Which runs are in a table, and which of them belong together."""

from dataclasses import replace
from pathlib import Path

import duckdb

from sase_bench.database import Store, connect
from sase_bench.database.rows import insert_runs, largest_proxy, read_record, seeds_with
from sase_bench.modules import Module
from sase_bench.recipes.registry import PROXIES
from sase_bench.space import Space
from tests.records import DIGITS, made_up, unfinished

OTHER = PROXIES["cifar10-8"]


def test_the_largest_proxy_has_the_most_blocks_then_the_most_runs_and_the_first_name_of_those_that_share_it(path: Path) -> None:
    modules = [made_up(Module("eca").index, seed) for seed in range(3)]
    with Store(path, [DIGITS, OTHER]) as store:
        found = []
        for records in (modules, [made_up(5, 1), made_up(6)], [made_up(7, proxy=OTHER.name)], [made_up(8, proxy=OTHER.name)]):
            for record in records:
                store.append(record)
            store.publish()
            with connect(path) as table:
                found.append(largest_proxy(table))
    assert found == [None, "digits", "digits", OTHER.name]


def test_the_largest_proxy_has_the_most_blocks_that_were_drawn_from_the_space(path: Path) -> None:
    with Store(path, [DIGITS, OTHER]) as store:
        for arch in Space("tied").sample(20, seed=0):
            store.append(made_up(arch.index))
        for arch in Space("full").sample(12, seed=0):
            store.append(made_up(arch.index, proxy=OTHER.name))
        for arch in Space("full").sample(3, seed=0):
            store.append(made_up(arch.index))
    with connect(path) as table:
        assert largest_proxy(table) == largest_proxy(table, "full") == OTHER.name  # 12 blocks of the full space, not 3 or 23
        assert largest_proxy(table, "tied") == "digits"


def test_of_proxies_with_as_many_drawn_blocks_that_with_more_blocks_is_the_largest_and_then_that_with_more_runs(
    path: Path,
) -> None:
    drawn = [arch.index for arch in Space("full").sample(12, seed=0)]
    assert OTHER.name < "digits"  # so that the name alone would decide for the other one
    with Store(path, [DIGITS, OTHER]) as store:
        for record in (*map(made_up, drawn), made_up(drawn[0], 1), *(made_up(arch, proxy=OTHER.name) for arch in drawn)):
            store.append(record)
        store.publish()
        with connect(path) as table:
            assert largest_proxy(table) == "digits"  # a run more
        for record in (made_up(54983, proxy=OTHER.name), *(made_up(arch, seed) for arch in drawn for seed in (2, 3))):
            store.append(record)
        store.publish()
        with connect(path) as table:
            assert largest_proxy(table) == OTHER.name  # a block more, that somebody chose, and fewer runs
        for record in (made_up(54983), made_up(0)):
            store.append(record)
    with connect(path) as table:
        assert largest_proxy(table) == "digits"


def test_runs_that_are_there_are_left_alone_unless_they_failed(path: Path) -> None:
    failed, fine = unfinished(5, status="failed"), made_up(6)
    with Store(path, [DIGITS]) as store:
        for record in (failed, fine):
            store.append(record)
    again = [made_up(5), replace(fine, train_seconds=999.0)]
    with duckdb.connect(str(path)) as table:
        insert_runs(table, ("runs", "epochs"), again)
        assert read_record(table, failed.key) == again[0]
        assert read_record(table, fine.key) == fine
        assert table.execute("SELECT count(*) FROM runs").fetchall() == [(2,)]


def test_seeds_that_were_trained_together_are_known_by_their_start_and_a_run_of_its_own_never_was(path: Path) -> None:
    together = [made_up(5, seed, path="fused") for seed in (2, 0, 1)]
    later = made_up(5, 3, path="fused", started_at="2026-11-23T12:00:00+00:00")
    eager = [made_up(5, 4), made_up(5, 5)]
    others = [made_up(6, 7, path="fused"), made_up(5, 8, OTHER.name, path="fused"), made_up(5, 9, path="other")]
    with Store(path, [DIGITS, OTHER]) as store:
        for record in (*together, later, *eager, *others):
            store.append(record)
    with connect(path) as table:
        assert [seeds_with(table, record) for record in (together[0], later, *eager)] == [[0, 1, 2], [3], [4], [5]]
