"""What whole networks take, as the report tells it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sase_bench.latency.comparisons import Compared, Ratio, Work, write_comparisons
from sase_bench.latency.timings import Conditions, Setting
from sase_bench.report.comparison import HEADERS, cells, compare
from sase_bench.report.composed import Composed
from sase_bench.report.times import HOW, Times, read_times
from sase_bench.space import SASE_BLOCK
from sase_bench.trunk import ResNetTrunk

OLD, NEW = (Conditions(setting=Setting(), processor="none", torch_version=version) for version in ("1", "2"))


def row(attention: str, work: Work, seconds: list[float], conditions: Conditions = NEW) -> Compared:
    return Compared(
        trunk=ResNetTrunk(depth=50).name,
        attention=attention,
        work=work,
        conditions=conditions,
        activations=None if work == "forward" else round(seconds[0] * 1000),
        seconds=seconds,
        made_in=[f"2026/{number}" for number in range(len(seconds))],
        measured_at=f"2026-11-0{conditions.torch_version}",
    )


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
        "resnet50-224px-1000, forward: batch 1, cpu (none), 1 threads, clock thread, torch 2; "
        "the plain network takes 750 ms (p95 975 ms, 2 rounds)."
    )
    assert Times().conditions() == [f"Not timed yet. Time with `{HOW}`."]


def test_the_table_of_modules_has_them(times: Times) -> None:
    lines = {entry.name: dict(zip(HEADERS, cells(entry), strict=True)) for entry in reversed(compare([], None, times))}
    assert lines["sase"]["forward time (× plain)"] == "1.75 (1.50 to 2.00)"
    assert lines["sase"]["kept for backward (× plain)"] == "2.00"
    assert lines["se"]["training step (× plain)"] == "not timed"
    assert lines["none"]["training step (× plain)"] == "1 by definition"
