from pathlib import Path

import numpy as np
import pytest

from sase_bench.errors import RequestError
from sase_bench.latency.composition import compose_networks
from sase_bench.latency.parts import parts_of, plain
from sase_bench.latency.timings import Conditions, Setting, Timing, write_timings
from sase_bench.report.composed import read_composed
from sase_bench.report.costs import TRUNK_OF
from sase_bench.report.times import Times, in_resnet50
from sase_bench.space import Space

TRUNK = TRUNK_OF["ResNet-50"]


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
    assert "batch 1, cpu (a processor), 1 threads, clock thread, torch 9" in composed.about
    (cost,) = in_resnet50([7], Times(composed=composed))
    assert (cost["resnet50_time"], cost["resnet50_time_is"]) == (pytest.approx(expected[7], abs=1e-4), "composed")
    write_timings(tmp_path / "operations.parquet", rows[1:])
    with pytest.raises(RequestError, match="time them with"):
        read_composed(tmp_path)
