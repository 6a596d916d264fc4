"""What whole networks take, as the report tells it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sase_bench.latency.checks import Checked, accuracies
from sase_bench.latency.comparisons import Ratio, write_comparisons
from sase_bench.report.networks.comparison import HEADERS, cells, compare
from sase_bench.report.networks.composed import Composed
from sase_bench.report.networks.times import HOW, TIMED, Times, read_times, timed
from sase_bench.space import SASE_BLOCK, Architecture
from sase_bench.trunk import ResNetTrunk
from tests.latency.fakes import checked
from tests.report.clocked import OLD, row


@pytest.fixture
def times(tmp_path: Path) -> Times:
    rows = [
        *(row("none", work, [0.5, 1.0]) for work in ("forward", "training")),
        row(str(SASE_BLOCK), "forward", [1.0, 1.5]),
        row(str(SASE_BLOCK), "training", [1.0, 4.0]),
        row("se", "forward", [9.0], OLD),
        row("none", "forward", [9.0], OLD),
    ]
    write_comparisons(tmp_path / "comparisons.parquet", rows)
    return read_times(tmp_path / "comparisons.parquet")


def test_a_network_is_set_against_the_plain_one_under_the_last_conditions(times: Times) -> None:
    taken = times.of("ResNet-50", str(SASE_BLOCK))
    assert taken.forward == Ratio(median=1.75, low=1.5, high=2.0, rounds=2)
    assert taken.training == Ratio(median=3.0, low=2.0, high=4.0, rounds=2)
    assert taken.kept == 2.0
    assert times.of("ResNet-50", "se") == times.of("ResNet-101", "none") == (None, None, None)


def test_a_block_has_its_timed_ratio_where_it_was_timed_and_else_the_composed_one(times: Times) -> None:
    both = replace(times, composed=Composed(np.full(117_649, 1.4), "about"))
    assert both.of_block(SASE_BLOCK.index) == {
        "resnet50_time": 1.75,
        "resnet50_time_low": 1.5,
        "resnet50_time_high": 2.0,
        "resnet50_time_is": "timed",
    }
    assert tuple(both.of_block(7).values()) == (1.4, None, None, "composed")
    line = (str(SASE_BLOCK.index), str(SASE_BLOCK), "1.75 (1.50 to 2.00, n = 2 rounds)", "1.40", "-20%")
    assert (times.beside(), both.beside()) == ([], [line])


def test_the_conditions_are_told(times: Times) -> None:
    assert times.conditions()[0] == (
        "resnet50-224px-1000, forward: batch 1, cpu (none), 1 thread, clock thread, torch 2; "
        "the plain network takes 750 ms (p95 975 ms, 2 rounds)."
    )
    assert Times().conditions() == [f"Not timed yet. Time with `{HOW}`."]


def test_the_table_of_modules_has_them(times: Times) -> None:
    lines = {entry.name: dict(zip(HEADERS, cells(entry), strict=True)) for entry in reversed(compare([], None, times))}
    assert lines["sase"]["forward time (× plain)"] == "1.75 (1.50 to 2.00)"
    assert lines["sase"]["kept for backward (× plain)"] == "2.00"
    assert lines["se"]["training step (× plain)"] == "not timed"
    assert lines["none"]["training step (× plain)"] == "1 by definition"


def test_every_network_stands_with_its_milliseconds_and_its_rounds(times: Times) -> None:
    lines = [dict(zip(TIMED, cells, strict=True)) for cells in timed(times)]
    assert [line["attention"] for line in lines] == ["plain", "sase"]
    assert list(lines[0].values()) == [
        *("ResNet-50", "plain"),
        *("2", "750", "975", "1 by definition", "2") * 2,
        *("0", "-"),
    ]
    assert list(lines[1].values()) == [
        *("ResNet-50", "sase"),
        *("2", "1,250", "1,475", "1.75 (1.50 to 2.00)", "4"),
        *("2", "2,500", "3,850", "3.00 (2.00 to 4.00)", "4"),
        *("0", "2.00"),
    ]


def test_a_network_that_was_not_trained_has_no_time_of_a_step() -> None:
    rows = [row("none", "forward", [0.5]), row("none", "training", [1.0]), row("se", "forward", [0.5])]
    line = dict(zip(TIMED, timed(Times(rows))[1], strict=True))
    assert line["forward (× plain)"] == "1.00 (1.00 to 1.00)"
    assert {line[name] for name in TIMED if "training" in name or "kept" in name} == {"-"}


def test_attentions_come_in_order_and_a_block_by_its_number() -> None:
    blocks = [str(Architecture(arch)) for arch in (300, 4)]
    rows = [row(name, "forward", [0.5]) for name in (*blocks, "se", "none", "bam")]
    assert [line[1] for line in timed(Times(rows))] == ["plain", "bam", "se", "block 4", "block 300"]


def test_the_error_of_sums_is_that_of_the_check_and_that_of_blocks_timed_both_ways(tmp_path: Path) -> None:
    path = tmp_path / "comparisons.parquet"
    write_comparisons(path, [row("none", "forward", [1.0]), *(row(str(Architecture(k)), "forward", [k / 2]) for k in (2, 4))])

    def about(*checks: Checked, rows: Path = path) -> str:
        composed = read_times(rows, Composed(np.full(117_649, 1.5), "Composed.", checks)).composed
        assert composed is not None
        return composed.about

    both = "-25% to +50% off in the 2 blocks that were timed both ways."
    assert about() == f"Composed. Such sums are {both}"
    assert about(rows=tmp_path / "none.parquet") == "Composed. How far such sums are off was not checked."
    checks = [replace(item, trunk=ResNetTrunk(depth=50).name) for item in checked()]
    (found,) = accuracies(checks).values()
    largest = f"at most {found.largest_error:.1%} off in the {found.held_out} held-out networks of the check"
    assert about(*checks) == f"Composed. Such sums are {largest}, and {both}"
    assert about(*checks, rows=tmp_path / "none.parquet") == f"Composed. Such sums are {largest}."
