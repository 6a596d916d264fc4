"""Seeds of one batch share its wall-clock time: blocks with the same seconds, trained together and one by one."""

from dataclasses import replace
from pathlib import Path

import pytest

from sase_bench.database import Store
from sase_bench.modules import Module
from sase_bench.query import ask
from sase_bench.query.together import NOTE
from tests.query.tables import run
from tests.records import DIGITS

ALONE, TOGETHER, ALSO_ALONE = 7, 8, 9


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.duckdb"
    records = [run(arch, seed, 0.5, 1.0 + seed, 2.0 + arch + seed) for arch in (ALONE, ALSO_ALONE) for seed in (0, 1)]
    for arch in (TOGETHER, Module("eca").index):
        records += [replace(run(arch, seed, 0.5, 1.0 + seed, 12.5), path="fused") for seed in (0, 1)]
    records += [run(Module("none").index, seed, 0.5, 2.0, 3.0 + seed) for seed in (0, 1)]
    with Store(path, [DIGITS]) as store:
        for record in records:
            store.append(record)
    return path


def test_a_ranking_has_no_sd_of_a_time_that_seeds_share(table: Path) -> None:
    found = ask("top 9 by train_seconds", db=table)
    sds = {record["arch"]: record["train_seconds_sd"] for record in found.records()}
    assert sds == {ALONE: pytest.approx(0.5**0.5), ALSO_ALONE: pytest.approx(0.5**0.5), TOGETHER: None}
    assert NOTE in found.notes
    assert NOTE not in ask("top 9 by loss", db=table).notes


def test_the_place_of_such_a_block_by_time_has_no_interval(table: Path) -> None:
    found = ask(f"rank {TOGETHER} by train_seconds", db=table)
    (record,) = found.records()
    assert (record["place"], record["seed_sd"], record["place_low"], record["place_high"]) == (3, None, None, None)
    assert found.notes == (NOTE,)
    (record,) = ask(f"rank {ALONE} by train_seconds", db=table).records()
    assert record["place_low"] == 1
    (record,) = ask(f"rank {TOGETHER} by loss", db=table).records()
    assert record["place_low"] is not None


@pytest.mark.parametrize("query", [f"compare {ALONE} with {TOGETHER}", f"compare {TOGETHER} with {ALONE}"])
def test_compared_times_have_no_interval_where_one_is_shared(table: Path, query: str) -> None:
    found = ask(query, db=table)
    rows = {record["metric"]: record for record in found.records()}
    time, loss = rows["train_seconds"], rows["val_loss"]
    shared, own = ("b", "a") if query.startswith(f"compare {ALONE}") else ("a", "b")
    assert (time[f"{shared}_sd"], time[f"{own}_sd"]) == (None, pytest.approx(0.5**0.5))
    assert abs(time["difference"]) == 3.0
    assert (time["low"], time["high"], time["pairs"]) == (None, None, 2)
    assert loss["a_sd"] == pytest.approx(0.5**0.5)
    assert loss["low"] < loss["difference"] < loss["high"]
    assert NOTE in found.notes
    assert NOTE not in ask(f"compare {ALONE} with {ALSO_ALONE}", db=table).notes


def test_arch_says_why_there_is_no_sd(table: Path) -> None:
    (record,) = ask(f"arch {TOGETHER}", db=table).records()
    assert (record["train_seconds"], record["train_seconds_sd"], record["val_loss_sd"]) == (12.5, None, pytest.approx(0.5**0.5))
    assert NOTE in ask(f"arch {TOGETHER}", db=table).notes
    assert NOTE not in ask(f"arch {ALONE}", db=table).notes


def test_gains_in_time_have_no_interval_where_seeds_share_it(table: Path) -> None:
    found = ask("modules by train_seconds", db=table)
    rows = {record["module"]: record for record in found.records()}
    assert rows["none"]["train_seconds_sd"] == pytest.approx(0.5**0.5)
    eca = rows["eca"]
    assert (eca["train_seconds_sd"], eca["gain"], eca["gain_low"], eca["gain_high"]) == (None, -9.0, None, None)
    assert NOTE in found.notes
    assert ask("modules by loss", db=table).records()[0]["gain_low"] is not None


def test_effects_on_such_a_time_have_no_interval(table: Path) -> None:
    found = ask("effect spatial_excite by train_seconds", db=table)
    assert {(record["low"], record["high"]) for record in found.records()} == {(None, None)}
    assert found.notes[0] == NOTE
    assert "interval" not in found.notes[-1]
    assert "intervals 95 %" in ask("effect spatial_excite by loss", db=table).notes[-1]
