from dataclasses import replace
from pathlib import Path

import pytest

from sase_bench.latency import Setting
from sase_bench.latency.checks import accuracies, factor_of, held_out, read_checks, replace_checks
from tests.latency.fakes import CONDITIONS, SMALL, checked

COLOURS = "resnet8-w8-8px-3x10"


def test_checks_are_replaced_by_those_of_the_same_trunk_kind_and_conditions(tmp_path: Path) -> None:
    path, other = tmp_path / "checks.parquet", replace(CONDITIONS, setting=Setting(batch=32))
    first, large, blocks = checked(), checked(conditions=other), checked("blocks")
    replace_checks(path, first)
    replace_checks(path, [*large, *blocks])
    again = checked(factor=1.5)
    replace_checks(path, again)
    kept = read_checks(path)
    assert len(kept) == 27
    assert all(row in kept for row in [*again, *large, *blocks])
    assert factor_of(kept, SMALL, CONDITIONS) == pytest.approx(1.5)
    assert factor_of(kept, SMALL, other) == pytest.approx(1.25)
    assert factor_of(kept, COLOURS, CONDITIONS) is None
    assert len(accuracies(kept)) == 3
    asked = held_out(kept, SMALL, "networks", other)
    assert sorted(asked) == sorted(row.seconds for row in large[2::2])  # the first is the plain trunk
    assert held_out(kept, COLOURS, "networks", other) == []
