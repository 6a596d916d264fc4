"""`modules by METRIC`: done by hand on runs whose scores are multiples of 1/32."""

from dataclasses import replace
from pathlib import Path

import pytest

from sase_bench.cost import cost_in, count
from sase_bench.database import Store
from sase_bench.database.shelf import released_path
from sase_bench.errors import RequestError
from sase_bench.modules import Module
from sase_bench.proxies import PROXIES
from sase_bench.query import ask
from sase_bench.query.modules import nearest
from sase_bench.record import Record
from sase_bench.space import Architecture
from tests.query.tables import PLAIN, SASE, run
from tests.records import DIGITS, unfinished


def module(name: str, seed: int, top1: float, loss: float) -> Record:
    return run(Module(name).index, seed, top1, loss, 1.0)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.duckdb"
    records = [
        run(SASE, 0, 0.875, 0.375, 2.0),
        run(PLAIN, 0, 0.75, 0.625, 1.0),
        module("none", 0, 0.5, 1.0),
        module("none", 1, 0.75, 0.75),
        module("eca", 0, 0.625, 0.75),
        module("eca", 1, 0.875, 0.25),
        module("srm", 7, 0.9375, 0.125),
        unfinished(Module("se").index),
    ]
    with Store(path, [DIGITS]) as store:
        for record in records:
            store.append(record)
    return path


def about(value: float, margin: float = 0.0) -> list[object]:
    """A value, and both ends of its interval."""
    return [pytest.approx(end) for end in (value, value - margin, value + margin)]


def test_modules_are_ranked_beside_the_published_block(table: Path) -> None:
    found = ask("modules by loss", db=table)
    # By least squares seed 1 is 3/8 better than seed 0: none and eca fall by 1/4 and 1/2, residuals are 1/16, so the sd
    # of a run is 1/8 with one degree of freedom. A single score with seed 0 stands for a mean 3/16 lower; it weighs 1, and
    # each of the four others 1/4 in the levels. So both blocks, with seed 0 alone, are ahead of eca.
    t, sd = 12.706204736, 0.125
    of_eca, of_sase = t * sd, t * sd * (1 + 9 / 16 + 1 / 16 + 2 / 16) ** 0.5
    assert found.columns == (
        "module", "year", "val_loss", "val_loss_sd", "seeds", "gain", "gain_low", "gain_high", "lead", "lead_low",
        "lead_high", "blocks_ahead", "blocks", "params", "flops",
    )  # fmt: skip
    places = (Module("srm"), Architecture(SASE), Module("eca"), Module("none"))
    assert [row[-2:] for row in found.rows] == [cost_in(DIGITS.trunk, place) for place in places]
    assert tuple(row[:-2] for row in found.rows) == (
        ("srm", 2019, 0.125, None, 1, None, None, None, None, None, None, 0, 2),
        ("sase", None, 0.375, None, 1, *about(0.6875, of_sase), None, None, None, 0, 2),
        ("eca", 2020, 0.5, about(0.5 / 2**0.5)[0], 2, *about(0.375, of_eca), *about(-0.3125, of_sase), 2, 2),
        ("none", None, 0.875, about(0.25 / 2**0.5)[0], 2, None, None, None, *about(-0.6875, of_sase), 2, 2),
    )


def test_a_gain_is_larger_for_better_whatever_the_metric(table: Path) -> None:
    top1, loss = ([(row[0], row[5]) for row in ask(f"modules by {metric}", db=table).rows] for metric in ("top1", "loss"))
    assert dict(top1) == {"srm": None, "sase": 0.375, "eca": 0.125, "none": None}
    assert dict(loss)["eca"] == 0.375


def test_test_scores_are_shown_when_they_are_asked_for(table: Path) -> None:
    found = ask("modules by top1", db=table, test=True)
    assert max(row[:3] for row in found.rows) == ("srm", 2019, 0.9375 - 1 / 32)
    assert "test metrics were revealed" in found.notes[-1]


def test_sql_hides_the_test_scores_of_modules(table: Path) -> None:
    assert not [name for name in ask("sql SELECT * FROM module_runs", db=table).columns if name.startswith("test")]
    assert "test_top1" in ask("sql SELECT * FROM module_runs", db=table, test=True).columns


def test_other_questions_do_not_see_modules(table: Path) -> None:
    assert [row[1] for row in ask("top 9 by loss", db=table).rows] == [SASE, PLAIN]
    assert ask("summary", db=table).records()[0]["runs"] == 2


def test_a_block_is_compared_with_a_module_by_the_seeds_of_both(table: Path) -> None:
    rows = {row["metric"]: row for row in ask(f"compare {SASE} with NONE", db=table).records()}
    assert (rows["val_loss"]["b_arch"], rows["val_loss"]["b_text"]) == (1_000_000, "none")
    assert (rows["val_loss"]["difference"], rows["val_loss"]["pairs"]) == (-0.625, 1)
    trunk, arch = DIGITS.trunk, Architecture(SASE)
    assert rows["params"]["b"] == trunk.params
    assert rows["params"]["difference"] == int(count(trunk, [arch]).params[0]) - trunk.params
    assert rows["resnet50_params"]["b"] == 25_557_032
    swapped = {row["metric"]: row for row in ask(f"compare eca with {SASE}", db=table).records()}
    assert (swapped["val_top1"]["a"], swapped["val_top1"]["difference"]) == (0.625, 0.625 - 0.875)


def test_costs_of_a_module_are_those_of_the_trunk_that_was_trained(table: Path) -> None:
    rows = {row["metric"]: row for row in ask(f"compare {SASE} with triplet", db=table).records()}
    assert (rows["params"]["b"], rows["flops"]["b"]) == cost_in(DIGITS.trunk, Module("triplet"))
    assert (rows["resnet50_params"]["b"], rows["resnet50_flops"]["b"]) == (25_561_832, 4_135_500_918)
    assert (rows["resnet50_params"]["a"], rows["resnet50_params"]["difference"]) == (28_102_568, 2_540_736)


def test_a_module_has_a_learning_curve(table: Path) -> None:
    *_, before, last = (row[3:] for row in ask("curve eca", db=table).rows)
    half = 0.5**0.5  # the sd of two scores that lie 1 apart
    assert before == pytest.approx((11, 2.5, half, 1.0, half, 0.375, half / 8, 2))
    assert last == pytest.approx((12, 1.5, half, 0.5, half / 2, 0.75, half / 4, 2))


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ("modules by params", "modules are compared by what a run measures, .* or train_loss, got params"),
        ("curve se", "module se has no run that ended ok on the proxy digits; 1 diverged"),
        ("curve bam", "module bam has no run that ended ok on the proxy digits; train it with: .* --plan bam --proxy digits"),
        ("rank eca by loss", "eca is a published module, which has: modules by METRIC, curve eca, "),
        ("modules by loss in tied", "unexpected 'in' at column 17; expected 'on' or the end"),
    ],
)
def test_what_cannot_be_asked_is_refused(table: Path, question: str, why: str) -> None:
    with pytest.raises(RequestError, match=why):
        ask(question, db=table)


def test_a_table_without_modules_says_how_to_train_them(tmp_path: Path) -> None:
    path = tmp_path / "table.duckdb"
    with Store(path, [DIGITS]) as store:
        store.append(run(PLAIN, 0, 0.75, 0.625, 1.0))
    with pytest.raises(RequestError, match=r"no published module has a run .* --plan modules --proxy digits --db"):
        ask("modules by loss", db=path)


def test_without_the_plain_trunk_there_is_no_gain(tmp_path: Path) -> None:
    path = tmp_path / "table.duckdb"
    with Store(path, [DIGITS]) as store:
        store.append(run(PLAIN, 0, 0.75, 0.625, 1.0))
        store.append(module("eca", 0, 0.5, 1.0))
    found = ask("modules by loss", db=path)
    assert found.rows[0][5:8] == (None, None, None)
    assert found.notes[-1] == "the plain trunk has no run that ended ok, so there is no gain; train it with --plan none"


def test_gains_in_a_test_score_are_of_test_scores_alone(tmp_path: Path) -> None:
    tested = {("none", 0): 1.0, ("none", 1): 0.75, ("eca", 0): 0.5, ("eca", 1): 0.25}  # eca is 1/2 better with either seed
    with Store(tmp_path / "table.duckdb", [DIGITS]) as store:
        for (name, seed), loss in tested.items():
            store.append(replace(module(name, seed, 0.5, 0.25 + seed * (name == "eca")), test_loss=loss))
    found = {row["module"]: row for row in ask("modules by loss", db=tmp_path / "table.duckdb", test=True).records()}
    assert (found["eca"]["test_loss"], found["none"]["test_loss"]) == (0.375, 0.875)
    assert [found["eca"][name] for name in ("gain", "gain_low", "gain_high")] == [pytest.approx(0.5)] * 3


def test_the_nearest_module_is_the_published_one_whose_mean_is_next(table: Path) -> None:
    records = ask("modules by loss", db=table).records()
    assert [nearest(records, value)["module"] for value in (0.9, 0.4, 0.3, 0.2)] == ["eca", "eca", "srm", "srm"]
    assert nearest([row for row in records if row["module"] in ("none", "sase")], 0.4) is None


def test_the_modules_of_the_proxy_that_is_named_are_told(tmp_path: Path) -> None:
    other = PROXIES["cifar10-16"]
    with Store(tmp_path / "table.duckdb", [DIGITS, other]) as store:
        for arch in (5, 6):
            store.append(run(arch, 0, 0.5, 1.0, 1.0))  # most of the table is on digits
        store.append(module("none", 0, 0.5, 1.0))
        store.append(run(5, 0, 0.5, 1.0, 1.0, proxy=other.name))
        store.append(run(Module("eca").index, 0, 0.75, 0.5, 1.0, proxy=other.name))
    told = {name: ask(f"modules by loss on {name}", db=tmp_path / "table.duckdb") for name in (DIGITS.name, other.name)}
    assert [[row[0] for row in answer.rows] for answer in told.values()] == [["none"], ["eca"]]


@pytest.mark.parametrize("metric", ["loss", "top1", "train_loss"])
def test_as_many_blocks_are_ahead_of_the_published_one_as_its_place_says(metric: str) -> None:
    """On the released table, where its seeds are others than those of most blocks."""
    for proxy in ("cifar10-8-local-colours-long", "cifar10-8-local-colours-longest", "digits-local-colours-long"):
        (place,) = ask(f"rank {SASE} by {metric} on {proxy}", db=released_path()).records()
        found = {row["module"]: row for row in ask(f"modules by {metric} on {proxy}", db=released_path()).records()}
        assert found["sase"]["blocks_ahead"] == place["place"] - 1
