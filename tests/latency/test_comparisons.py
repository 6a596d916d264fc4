from dataclasses import replace
from pathlib import Path

import pytest

from sase_bench.errors import RequestError
from sase_bench.latency.comparisons import Ratio, ratio_of, read_comparisons, write_comparisons
from tests.latency.fakes import compared


def test_ratios_are_of_the_same_round() -> None:
    rows = [compared("none", [1.0, 2.0, 4.0]), compared("se", [1.5, 2.0, 8.0]), compared("eca", [2.0])]
    ratio = ratio_of(rows[1], rows)
    assert ratio is not None
    assert (ratio.median, ratio.low, ratio.high, ratio.rounds) == (1.5, 1.0, 2.0, 3)
    assert (ratio_of(rows[2], rows) or ratio).rounds == 1
    assert ratio_of(rows[1], rows[1:]) is None
    later = compared("gct", [9.0, 3.0], made_in=["tomorrow/0", "today/1"])
    assert (ratio_of(later, rows) or ratio) == Ratio(median=1.5, low=1.5, high=1.5, rounds=1)
    assert ratio_of(compared("bam", [9.0], made_in=["tomorrow/0"]), rows) is None
    assert ratio_of(replace(rows[1], work="training"), rows) is None


def test_rows_come_back_as_they_were_and_empty_ones_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "comparisons.parquet"
    rows = [compared("se", [0.5], activations=7, work="training"), compared("eca", [])]
    write_comparisons(path, rows)
    assert read_comparisons(path) == rows[:1]
    path.write_text("nothing")
    with pytest.raises(RequestError, match="is not a file of comparisons"):
        read_comparisons(path)
