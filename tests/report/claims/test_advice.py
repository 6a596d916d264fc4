"""What published figures say: done by hand on gains that are multiples of 1/4."""

import pytest

from sase_bench.latency.comparisons import Ratio
from sase_bench.report.claims import claims
from sase_bench.report.claims.advice import advice, by_source, differences, leader, margin, scatter
from sase_bench.report.networks import Entry
from sase_bench.report.networks.published import PublishedGain, Row
from sase_bench.report.networks.times import Taken
from sase_bench.trunk import NetworkCost
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
        PublishedGain(module=name, row=row(name, source, 70 + gain), plain=row("plain", source, 70), is_one_recipe=True)
        for source, gain in gained.items()
    )
    rows = tuple(gain.row for gain in gains)
    added = NetworkCost(1_250_000, 0)
    return Entry(
        backbone=backbone, name=name, year=2020, cost=NetworkCost(9, 9), added=added, taken=TAKEN, gains=gains, rows=rows
    )


def test_modules_are_compared_within_the_sources_they_share() -> None:
    few, many = entry("few", {"a": 1.5, "b": 2.0}), entry("many", {"a": 0.5, "b": 1.5, "c": -1.0, "d": 4.0})
    assert differences(by_source(few), by_source(many)) == [1.0, 0.5]
    found = leader([many, few])
    assert found is not None
    assert (found[0].name, found[1]) == ("few", {"many": margin([1.0, 0.5])})
    once = entry("once", {"z": 9.0})
    assert leader([many, few, once]) == found  # one source compares nothing
    apart = entry("apart", {"y": 9.0, "z": 9.0})
    assert leader([many, few, apart]) is None
    assert advice([many]) is None
    told = advice([many, few, apart])
    assert told is not None
    assert told.headline.endswith(
        "single out no module; apart is better than none by all sources together: choose by cost."
    )  # 9 ± 0.09, few 1.75 ± 3.18
    assert "none is ahead of each other one beyond the scatter of sources. The gain of apart is above zero by its" in told.text


def test_an_interval_is_students_and_no_narrower_than_two_decimals() -> None:
    found = margin([1.0, 2.0, 3.0])
    assert (found.mean, found.low, found.high, found.sources) == pytest.approx(
        (2, 2 - 4.302653 / 3**0.5, 2 + 4.302653 / 3**0.5, 3)
    )
    assert not found.is_above_zero
    assert margin([2.0, 2.5, 3.0]).is_above_zero
    assert margin([0.05, 0.05]).low == pytest.approx(0.05 - 12.7062 * 0.01 / 2**0.5, abs=1e-5)  # two sources may agree by luck
    assert (margin([1.0]).low, margin([1.0]).is_above_zero) == (None, False)


ELSEWHERE = [entry("cbam", {"a": 0.25}, "ResNet-101"), entry("se", {"a": 0.5, "b": 9.0}, "ResNet-101")]


def test_the_largest_mean_is_not_ahead_where_sources_scatter_and_what_gains_at_all_is_named() -> None:
    entries = [entry("se", {"a": 0.75, "b": 1.0}), entry("cbam", {"a": 1.75, "b": 1.25, "c": 1.5}), *ELSEWHERE]
    first, *_ = claims(evidence(measurement("p", 3)), entries)
    assert first.headline == (
        "For a ResNet-50 on ImageNet, published results single out no module; cbam is better than none by all sources "
        "together: choose by cost."
    )
    assert first.text.startswith(
        "Of 2 modules that two sources or more trained beside the plain network by one recipe (cbam, se), none is ahead of "
        "each other one beyond the scatter of sources. cbam has the largest mean where both were trained: +0.62 over se (-4.14 "
        "to +5.39, n = 2), in points of top-1 with 95 % intervals by t over the n sources that trained both. On ResNet-101 it "
        "is -0.25 over se (n = 1). The gain of cbam is above zero by its interval only with all sources. The table has"
    )
    assert first.table is not None
    times = ("+1.25 million", "1.50 (1.25 to 1.75)", "2.00 (1.75 to 2.25)")
    assert first.table.rows == (
        ("cbam", "+1.50 (+0.88 to +2.12, n = 3)", "+0.25 (n = 1)", *times),
        ("se", "+0.88 (-0.71 to +2.46, n = 2)", "+4.75 (-49.25 to +58.75, n = 2)", *times),
    )
    assert {len(row) for row in first.table.rows} == {len(first.table.headers)}


def test_a_module_that_every_source_has_before_the_others_is_ahead() -> None:
    gains = {"a": 0.5, "b": 1.5, "c": -1.0}
    entries = [entry("se", gains), entry("cbam", {"a": 1.5, "b": 2.75, "c": 0.0}), *ELSEWHERE]
    told = advice(entries)
    assert told is not None
    assert told.headline == "For a ResNet-50 on ImageNet, published results favour cbam."
    assert told.text.startswith(
        "Of 2 modules that two sources or more trained beside the plain network by one recipe (cbam, se), cbam is ahead of "
        "each other one beyond the scatter of sources. cbam has the largest mean where both were trained: +1.08 over se (+0.72 "
        "to +1.44, n = 3), in points of top-1 with 95 % intervals by t over the n sources that trained both. On ResNet-101 it "
        "is -0.25 over se (n = 1)."
    )
    third = entry("bam", {"a": 1.25, "b": 2.75})  # cbam's mean is larger, and its interval over bam holds zero
    told = advice([*entries, third])
    assert told is not None
    assert "none is ahead" in told.text


def test_a_gain_that_one_source_holds_up_is_told_from_one_that_all_do() -> None:
    gains = {"a": 1.0, "b": 1.25, "c": 1.5}
    told = advice([entry("se", gains), entry("eca", {"a": 1.0, "b": 2.0, "c": 1.5}), entry("bam", {"a": -1.0, "b": 4.0})])
    assert told is not None
    assert told.headline.endswith(
        "single out no module; eca and se are better than none by all sources together: choose by cost."
    )
    told = advice(
        [entry("se", gains | {"d": 1.25}), entry("eca", {"a": 1.0, "b": 2.0, "c": 1.5}), entry("bam", {"a": -1.0, "b": 4.0})]
    )
    assert told is not None
    assert told.headline.endswith("se is better than none, and eca less surely: choose by cost.")
    assert "Whichever source is left out, se is better than none. The gain of eca is above zero by its interval" in told.text
    told = advice([entry("se", gains | {"d": 1.25}), entry("bam", {"a": -1.0, "b": 4.0})])
    assert told is not None
    assert told.headline.endswith("single out no module; se is better than none: choose by cost.")
    assert "only with all sources" not in told.text


def test_without_a_gain_that_is_above_zero_the_advice_is_to_train() -> None:
    told = advice([entry("se", {"a": -1.0, "b": 2.0}), entry("eca", {"c": -1.0, "d": 1.0})])
    assert told is not None
    assert told.headline.endswith("single out no module, nor one that is better than none: train before you choose.")


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
