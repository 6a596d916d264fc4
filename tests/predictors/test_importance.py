import json
from pathlib import Path

import numpy as np
import pytest

from sase_bench.benchmark import Benchmark
from sase_bench.errors import RequestError
from sase_bench.predictors.__main__ import main
from sase_bench.predictors.importance import importance, shares
from sase_bench.predictors.tables import digits
from sase_bench.predictors.targets import targets
from tests.predictors.synthetic import synthetic, write


def test_shares_of_a_function_that_is_known() -> None:
    a, b, c = digits()[:, 0] - 3.0, digits()[:, 2] - 3.0, digits()[:, 5] - 3.0
    found = shares(3 * a + a * b + 0.5 * a * b * c + 100)  # each factor has variance 4
    total = 9 * 4 + 16 + 0.25 * 64
    expected = np.zeros(22)
    expected[0], expected[6 + 1], expected[-1] = 36 / total, 16 / total, 16 / total  # pairs: 01, 02, ...
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_a_constant_has_no_shares() -> None:
    assert np.isnan(shares(np.ones(117_649))).all()


def test_the_slot_that_matters_is_found_and_the_truth_lies_in_the_intervals(tmp_path: Path) -> None:
    table = synthetic(1, tied=False, blocks=300, noise=0.3)
    path = write(tmp_path / "table.duckdb", table)
    measured = targets(Benchmark.load(path).measured("digits"), "val_loss")
    found = importance(measured, draws=60)
    truth = shares(table.truth)
    assert found[int(truth.argmax())].share == max(share.share for share in found)
    covered = [share.low - 0.02 <= true <= share.high + 0.02 for share, true in zip(found, truth, strict=True)]
    assert sum(covered) >= 20  # of 22
    assert sum(share.share for share in found) == pytest.approx(1)
    assert importance(measured, draws=60) == found
    few = targets(Benchmark.load(write(tmp_path / "few.duckdb", synthetic(0, blocks=20))).measured("digits"), "val_loss")
    with pytest.raises(RequestError, match="at least 37 measured blocks, got 20 on digits"):
        importance(few)


def test_the_command_prints_what_it_keeps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "table.duckdb", synthetic(0, blocks=60))
    arguments = ["importance", "--db", str(path), "--shelf", str(tmp_path / "shelf"), "--format", "json"]
    assert main(arguments) == 0
    printed = json.loads(capsys.readouterr().out)
    kept = json.loads((tmp_path / "shelf" / "digits-val_loss" / "importance.json").read_text())
    assert kept["data"]["blocks"] == 60
    assert [row["share"] for row in kept["rows"]] == [row["share"] for row in printed]
    assert (kept["rows"][0]["slot"], kept["rows"][6]["other"]) == ("channel_squeeze", "channel_excite")
    assert kept["rows"][-1]["slot"] is None
