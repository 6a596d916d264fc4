from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sase_bench.errors import RequestError
from sase_bench.latency.accuracy import of_exact
from sase_bench.latency.composition import compose_networks
from sase_bench.latency.parts import parts_of, plain
from sase_bench.latency.timings import Conditions, Setting, Timing, write_timings
from sase_bench.report.networks.composed import AGREED, accuracy_records, agreed, read_composed
from sase_bench.report.networks.costs import TRUNK_OF
from sase_bench.report.networks.times import Times, in_resnet50
from sase_bench.space import Space
from tests.latency.fakes import checked

TRUNK = TRUNK_OF["ResNet-50"]
_EXACT = "Spearman of an exact prediction, about"


def test_times_are_composed_and_over_the_plain_network(tmp_path: Path) -> None:
    assert read_composed(tmp_path) is None
    conditions = Conditions(setting=Setting(), processor="a processor", torch_version="9")
    seconds = {part: float(place) for place, part in enumerate(parts_of(TRUNK), 1)}
    rows = [
        Timing(part=part, conditions=conditions, calls=1, passes=1, seconds=[value], measured_at="now")
        for part, value in seconds.items()
    ]
    write_timings(tmp_path / "operations.parquet", rows)
    composed = read_composed(tmp_path)
    assert composed is not None
    expected = compose_networks(TRUNK, seconds, Space("full").digits()) / seconds[plain(TRUNK)]
    np.testing.assert_allclose(composed.ratios, expected)
    assert "batch 1, cpu (a processor), 1 thread, clock thread, torch 9" in composed.about
    (cost,) = in_resnet50([7], Times(composed=composed))
    assert (cost["resnet50_time"], cost["resnet50_time_is"]) == (pytest.approx(expected[7], abs=1e-4), "composed")
    write_timings(tmp_path / "operations.parquet", rows[1:])
    with pytest.raises(RequestError, match="time them with"):
        read_composed(tmp_path)


def test_an_exact_prediction_stands_with_its_interval_beside_the_sums() -> None:
    seconds = [[1.0, 2.5], [2.0, 1.5], [3.0, 3.5], [4.0, 3.75]]  # of the four networks that are held out
    plain, *blocks = checked()
    held_out = [replace(row, seconds=value) for row, value in zip(blocks[1::2], seconds, strict=True)]
    few, many = ([plain, *blocks[::2], *held_out * count] for count in (1, 10))
    assert [dict(zip(AGREED, agreed(rows)[0], strict=True))[_EXACT] for rows in (few, many)] == [
        "0.94 (no interval)",  # √(2 · 0.8 / 1.8)
        f"0.94 ({of_exact(seconds * 10).low:.2f} to {of_exact(seconds * 10).high:.2f})",
    ]
    (record,) = accuracy_records(many)
    assert record["exact_spearman_low"] < record["exact_spearman"] == pytest.approx((1.6 / 1.8) ** 0.5)
    assert record["exact_spearman"] < record["exact_spearman_high"] < 1
    assert agreed(checked("blocks")) == []


def test_single_repetitions_say_nothing_of_an_exact_prediction() -> None:
    (line,) = agreed([replace(row, seconds=row.seconds[:1]) for row in checked()])
    assert "not known" in line
