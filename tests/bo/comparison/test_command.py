import json
from dataclasses import replace
from pathlib import Path

import pytest

from sase_bench.benchmark import Measured
from sase_bench.bo.__main__ import main
from sase_bench.bo.comparison import Plan
from sase_bench.search import Pool
from sase_bench.search.differentiable import write_found
from tests.search.found import FOUND


def test_a_comparison_is_printed_and_written(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_found(FOUND, tmp_path / "found.json")
    options = ["--compare", "--strategy", "random,evolution", "--repeats", "3", "--evaluations", "48", "--processes", "1"]
    output = ["--output", str(tmp_path / "out" / "search.json"), "--found", str(tmp_path / "found.json")]
    assert main(["--db", str(table), *options, *output]) == 0
    summary = json.loads((tmp_path / "out" / "search.json").read_text())
    assert set(summary["strategies"]) == {"random", "evolution", "differentiable-1"}
    out, err = capsys.readouterr()
    assert "regret in val_loss (nat)" in out
    assert "bo: evolution: 3/3" in err


def test_a_comparison_is_a_plan_as_it_is_declared(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plans: list[Plan] = []

    def compare(measured: Measured, pool: Pool, plan: Plan, **rest: object) -> None:
        assert plan.evaluations == min(Plan.evaluations, len(pool))
        plans.append(replace(plan, evaluations=Plan.evaluations))
        raise KeyboardInterrupt

    monkeypatch.setattr("sase_bench.bo.comparison.command.compare", compare)
    assert main(["--db", str(table), "--compare", "--strategy", "random"]) == 130
    assert plans == [Plan(strategies=("random",), metric="val_loss")]
