"""What published figures say: done by hand on gains that are multiples of 1/4."""

import pytest

from sase_bench.latency.comparisons import Ratio
from sase_bench.report.advice import advice, by_source, differences, leader, scatter
from sase_bench.report.comparison import Entry
from sase_bench.report.costs import Count
from sase_bench.report.published import Gain, Row
from sase_bench.report.times import Taken
from sase_bench.report.wording import claims
from tests.evidence import evidence, measurement

TAKEN = Taken(Ratio(median=1.5, low=1.25, high=1.75, rounds=5), Ratio(median=2.0, low=1.75, high=2.25, rounds=4), kept=None)


def entry(name: str, gained: dict[str, float], backbone: str = "ResNet-50") -> Entry:
    """A module that adds 1.25 million parameters to ResNet-50, with its gain over a plain 70 % by source."""

    def row(method: str, source: str, top1: float) -> Row:
        return Row(
            method=method,
            backbone=backbone,
            top1=top1,
            top5=None,
            params_m=None,
            gflops=None,
            protocol="p",
            kind="own-paper",
            source=source,
        )

    gains = tuple(
        Gain(module=name, row=row(name, source, 70 + gain), plain=row("plain", source, 70), is_one_recipe=True)
        for source, gain in gained.items()
    )
    rows = tuple(gain.row for gain in gains)
    added = Count(1_250_000, 0)
    return Entry(backbone=backbone, name=name, year=2020, count=Count(9, 9), added=added, taken=TAKEN, gains=gains, rows=rows)


def test_modules_are_compared_within_the_sources_they_share() -> None:
    few, many = entry("few", {"a": 1.5, "b": 2.0}), entry("many", {"a": 0.5, "b": 1.5, "c": -1.0, "d": 4.0})
    assert differences(by_source(few), by_source(many)) == [1.0, 0.5]
    found = leader([many, few])
    assert found is not None
    assert (found[0].name, found[1]) == ("few", {"many": [1.0, 0.5]})
    once = entry("once", {"z": 9.0})
    assert leader([many, few, once]) == found  # one source compares nothing
    apart = entry("apart", {"y": 9.0, "z": 9.0})
    assert leader([many, few, apart]) is None
    assert "none is ahead of each other one" in " ".join(advice([many, few, apart]))
    assert advice([many]) == []


def test_the_advice_names_differences_the_other_backbone_and_all_costs() -> None:
    entries = [
        entry("se", {"a": 0.5, "b": 1.5}),
        entry("cbam", {"a": 1.5, "b": 1.25}),
        entry("cbam", {"a": 0.25}, "ResNet-101"),
        entry("se", {"a": 0.5, "b": 9.0}, "ResNet-101"),
    ]
    first, second, *_ = (claim.text for claim in claims(evidence(measurement("p", 3)), entries))
    assert first.endswith(
        "cbam is ahead of each other one where both were trained: +0.38 points of top-1 (-0.25 to +1.00, ahead in 1 of 2 "
        "sources) against se. On ResNet-101 it is -0.25 against se (n = 1)."
    )
    assert "gains +1.25 to +1.50 points on ResNet-50 (n = 2 sources); +0.25 points on ResNet-101 (n = 1 source)." in second
    assert "1.25 million parameters more, 1.50 (1.25 to 1.75, n = 5 rounds) times the forward time and 2.00 (1.75 to" in second


def test_what_sources_differ_by_is_computed_from_them() -> None:
    text = scatter([entry("se", {"a": 0.0, "b": 2.0}), entry("eca", {"a": 1.0, "b": 1.0, "c": 1.0}), entry("once", {"a": 9.0})])
    assert text is not None
    assert "standard deviation of 0.8 points (2 modules that have two sources or more, 5 gains)" in text  # √(2/3)
    assert "the plain network itself with 0.0 (3 sources)" in text
    assert scatter([entry("once", {"a": 9.0})]) is None


def test_two_rows_of_one_source_are_one_gain() -> None:
    found = entry("gct", {"a": 1.0})
    twice = Entry(**{**vars(found), "gains": (*found.gains, *entry("gct", {"a": 2.0}).gains)})
    assert by_source(twice) == {"a": pytest.approx(1.5)}
