"""Every number of a report stands in `numbers.json` once."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sase_bench.latency.comparisons import Work
from sase_bench.report.claims import claims
from sase_bench.report.evidence.holdings import Task
from sase_bench.report.evidence.transfer import Gain, Transfer
from sase_bench.report.networks import Entry, compare
from sase_bench.report.networks.composed import Composed
from sase_bench.report.networks.published import read
from sase_bench.report.networks.times import Times
from sase_bench.report.numbers import numbers
from sase_bench.space import SASE_BLOCK
from tests.evidence import calibration, evidence, measurement
from tests.report.clocked import row
from tests.report.repeated import repeated
from tests.report.sources import IMAGENET

WORK: tuple[Work, ...] = ("forward", "training")
TIMES = Times(
    [
        row(name, work, [0.5, 1.0] if name == "none" else [1.0, 4.0])
        for name in ("none", "se", str(SASE_BLOCK))
        for work in WORK
    ],
    Composed(np.full(117_649, 1.5), "about"),
)


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    return compare(read(IMAGENET), {SASE_BLOCK.index: "p"}, TIMES)


def network(found: dict[str, Any], name: str | int, backbone: str = "ResNet-50") -> dict[str, Any]:
    asked = {"backbone": backbone, "module" if isinstance(name, str) else "arch": name}
    return next(one for one in found["networks"] if asked.items() <= one.items())


def test_a_network_has_its_times_as_numbers(entries: list[Entry]) -> None:
    found = numbers(evidence(measurement("p", 3)), entries, TIMES)
    assert network(found, "none")["times"]["forward"] == {
        "rounds": 2,
        "p50": 0.75,
        "p95": 0.975,
        "over_plain": None,
        "peak_bytes": 2_000_000,
    }
    assert network(found, "se")["times"]["training"] == {
        "rounds": 2,
        "p50": 2.5,
        "p95": 3.85,
        "over_plain": {"median": 3.0, "low": 2.0, "high": 4.0, "rounds": 2},
        "kept_bytes": 1000,
        "peak_bytes": 4_000_000,
    }
    assert network(found, "se", "ResNet-101")["times"] == {}
    assert [(one["trunk"], one["work"], one["batch"], one["threads"]) for one in found["settings"]] == [
        ("resnet50-224px-1000", work, 1, 1) for work in WORK
    ]


def test_a_block_has_its_costs_and_its_composed_time_once(entries: list[Entry]) -> None:
    found = numbers(evidence(measurement("p", 3), measurement("q", 3)), entries, TIMES)
    (second,) = (one for one in found["networks"] if one.get("arch") == 2)
    assert second.keys() == {"backbone", "arch", "times", "composed", "params", "flops"}
    assert second["composed"] == 1.5
    assert not any(name.startswith("resnet50") for one in found["measurements"] for block in one["blocks"] for name in block)
    assert found["composed"] == {"checks": [], "over_timed": {str(SASE_BLOCK.index): 0.5}}


def test_a_front_names_its_blocks(entries: list[Entry]) -> None:
    (found,) = numbers(evidence(measurement("p", 3)), entries, TIMES)["measurements"]
    assert found["front"] == [1]


def test_a_place_does_not_repeat_the_score(entries: list[Entry]) -> None:
    place = {"arch": 1, "text": "a", "proxy": "q", "place": 2, "of": 3, "value": 0.125, "seeds": 2, "seed_sd": 0.5}
    rival = {"a": 0.25, "a_sd": 0.1, "a_seeds": 2, "b": 0.5, "b_sd": 0.1, "b_seeds": 2, "difference": -0.25, "pairs": 2}
    sase = {"arch": SASE_BLOCK.index, "val_loss": 0.75, "val_loss_sd": 0.1}
    module = {"module": "sase", "val_loss": 0.75, "val_loss_sd": 0.1, "gain": 0.5}
    one = measurement("p", 3)
    one = replace(one, published=place, elsewhere=[place], rival=rival, blocks=[*one.blocks, sase], modules=[module])
    (found,) = numbers(evidence(one), entries, TIMES)["measurements"]
    left = {"arch": 1, "proxy": "q", "place": 2, "of": 3}
    assert (found["published"], found["elsewhere"], found["rival"]) == (left, [left], {"difference": -0.25, "pairs": 2})
    assert found["modules"] == [{"module": "sase", "gain": 0.5}]


def test_an_agreement_does_not_repeat_a_calibration(entries: list[Entry]) -> None:
    row = {**calibration("p", 0.5), "reference": "q", "validity": 0.75}
    others = [{"dataset": "d", **row}, {"dataset": "d", **row, "reference": "r", "validity": 0.25}]
    given = replace(evidence(measurement("p", 3), calibrations=[row]), agreements=others)
    assert numbers(given, entries, TIMES)["agreements"] == [
        {"dataset": "d", "proxy": "p", "metric": "val_loss", "reference": "r", "validity": 0.25}
    ]


def test_a_difference_of_predictors_stands_in_a_row_or_by_itself(entries: list[Entry]) -> None:
    rows = [{"predictor": "gp", "n": 9, "tau_over_flops": 0.25}, {"predictor": "gp", "n": 10, "tau_over_flops": None}]
    pairs = [(9, "flops"), (9, "xgb"), (10, "flops")]
    differences = [{"n": n, "predictor": "gp", "other": other, "tau": 0.25} for n, other in pairs]
    given = replace(evidence(measurement("p", 3)), predictors=[{"rows": rows, "differences": differences}])
    (found,) = numbers(given, entries, TIMES)["predictors"]
    assert [(item["n"], item["other"]) for item in found["differences"]] == pairs[1:]


def test_the_first_claim_has_its_means_and_intervals(entries: list[Entry]) -> None:
    found = numbers(evidence(measurement("p", 3)), entries, TIMES)
    claim = next(iter(claims(evidence(measurement("p", 3)), entries)))
    assert claim.table is not None
    for cells in claim.table.rows:
        gain = network(found, cells[0])["mean_gain"]
        assert f"{gain['mean']:+.2f} ({gain['low']:+.2f} to {gain['high']:+.2f}, n = {gain['sources']})" in cells[1]
    over = {(one["backbone"], one["module"]): one for one in found["leader"]["over"]}
    assert found["leader"]["module"] == "cbam"
    for backbone in ("ResNet-50", "ResNet-101"):
        assert f"{over[backbone, 'se']['mean']:+.2f} over se (" in claim.text


def test_the_rank_correlations_of_the_transfer_are_those_that_the_claim_tells(entries: list[Entry]) -> None:
    losses = {"1": 0.5, "2": 0.1, "3": 0.4, "4": 0.2, "5": 0.15}
    intervals = dict.fromkeys(f"{score}_{what}" for score in ("top1", "loss") for what in ("low", "high", "p", "holm"))
    gains = tuple(Gain(attention=name, name=name, seeds=2, top1=0.0, loss=loss, **intervals) for name, loss in losses.items())
    given = evidence(measurement("p", 5), transfers=(Transfer(proxy="t", task=Task(description="a task"), gains=gains),))
    (found,) = numbers(given, entries, TIMES)["transfers_alike"]
    assert (found["proxy"], found["beside"], found["pairs"]) == ("t", "p", 5)
    told = f"a correlation of {found['correlation']:.2f} (95 % interval {found['low']:.2f} to {found['high']:.2f})"
    assert any(told in claim.text for claim in claims(given, entries))


def test_floats_are_rounded_so_that_other_machines_write_the_same_bytes(entries: list[Entry]) -> None:
    def written(nudge: float) -> str:
        one = measurement("p", 3)
        blocks = [block | {"val_loss": (block["val_loss"] + 1 / 3) * (1 + nudge)} for block in one.blocks]
        return json.dumps(numbers(evidence(replace(one, blocks=blocks)), entries, TIMES))

    assert written(0.0) == written(1e-15)
    assert written(0.0) != written(1e-8)
    assert "0.4333333333," in written(0.0)


def test_repeated_records_are_found() -> None:
    one = {"place": 1, "mean": 0.12345678, "low": 0.11111119}
    assert repeated({"a": [one], "b": {"mean": 0.12345678, "low": 0.2345678}}) == []
    assert repeated({"a": [one], "b": {**one, "high": 0.2345678}}) == ["a[0] in b"]
    assert repeated({"curves": [one], "b": one}) == []
