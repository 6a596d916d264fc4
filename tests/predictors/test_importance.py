import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sase_bench.benchmark import Benchmark
from sase_bench.errors import RequestError
from sase_bench.predictors.__main__ import main
from sase_bench.predictors.importance import INTERVALS, Share, importance, shares, tied_tables
from sase_bench.predictors.tables import digits, expand
from sase_bench.predictors.targets import Targets, targets
from sase_bench.space import SETS, Space
from tests.predictors.synthetic import Synthetic, synthetic, write


@pytest.fixture(scope="module")
def table() -> Synthetic:
    return synthetic(1, tied=False, blocks=120, noise=0.3)


@pytest.fixture(scope="module")
def found(table: Synthetic, tmp_path_factory: pytest.TempPathFactory) -> list[Share]:
    return importance(measured(table, tmp_path_factory.mktemp("importance")), draws=60)


def measured(table: Synthetic, folder: Path) -> Targets:
    return targets(Benchmark.load(write(folder / "table.duckdb", table)).measured("digits"), "val_loss")


def everywhere(scores: np.ndarray) -> np.ndarray:
    """The shares by averages over all 117,649 blocks."""
    centred = scores.reshape((7,) * 6) - scores.mean()
    slots = [(centred.mean(tuple(set(range(6)) - {i})) ** 2).mean() for i in range(6)]
    pairs = [
        (centred.mean(tuple(set(range(6)) - {i, j})) ** 2).mean() - slots[i] - slots[j]
        for i in range(6)
        for j in range(i + 1, 6)
    ]
    parts = np.asarray([*slots, *pairs]) / (centred**2).mean()
    return np.append(parts, 1 - parts.sum())


def test_shares_are_those_of_the_whole_function() -> None:
    tables = np.random.default_rng(0).normal(size=(15, 49))
    np.testing.assert_allclose(shares(tables, 0.0), everywhere(expand(tables)), atol=1e-12)
    rest = float(expand(tables).var())
    np.testing.assert_allclose(shares(tables, rest)[:21], everywhere(expand(tables))[:21] / 2, atol=1e-12)
    assert shares(tables, rest)[-1] == pytest.approx(0.5)


def test_in_the_tied_space_shares_are_those_of_its_four_choices() -> None:
    tables = np.random.default_rng(0).normal(size=(15, 49))
    tied = expand(tables)[Space("tied").indices].reshape((7,) * 4)
    centred = tied - tied.mean()
    slots = [(centred.mean(tuple({0, 1, 2, 3} - {i})) ** 2).mean() for i in range(4)]
    pairs = [
        (centred.mean(tuple({0, 1, 2, 3} - {i, j})) ** 2).mean() - slots[i] - slots[j]
        for i in range(4)
        for j in range(i + 1, 4)
    ]
    expected = np.asarray([*slots, *pairs, 0.0]) / (centred**2).mean()
    assert sum(expected) == pytest.approx(1)
    np.testing.assert_allclose(shares(tied_tables(tables), 0.0), expected, atol=1e-12)


def test_a_table_of_the_tied_space_has_the_shares_of_four_sets(tmp_path: Path) -> None:
    table = synthetic(1, tied=True, blocks=120, noise=0.3)
    found = importance(replace(measured(table, tmp_path), space="tied"), draws=40)
    assert [share.part for share in found] == ["slot"] * 4 + ["pair"] * 6 + ["rest", "pairs", "interactions"]
    assert [share.slot for share in found[:4]] == list(SETS)
    assert sum(share.share for share in found[:11]) == pytest.approx(1)


def test_slots_without_an_interaction_have_shares_of_exactly_none() -> None:
    row = np.random.default_rng(0).normal(size=7)
    tables = np.zeros((15, 7, 7))
    tables[0] = row[:, None] + row[None] ** 2
    assert (shares(tables.reshape(15, 49), 0.0)[6:] == 0).all()


def test_a_constant_has_no_shares() -> None:
    assert np.isnan(shares(np.ones((15, 49)), 0.0)).all()


def test_the_slot_that_matters_is_found_and_the_truth_lies_in_the_intervals(table: Synthetic, found: list[Share]) -> None:
    truth = everywhere(table.truth)
    assert found[int(truth.argmax())].share == max(share.share for share in found)
    covered = [share.low - 0.01 <= true <= share.high + 0.01 for share, true in zip(found[:22], truth, strict=True)]
    assert sum(covered) >= 20  # of 22


def test_parts_and_sums_add_up(found: list[Share]) -> None:
    assert [share.part for share in found] == ["slot"] * 6 + ["pair"] * 15 + ["rest", "pairs", "interactions"]
    assert sum(share.share for share in found[:22]) == pytest.approx(1)
    assert found[22].share == pytest.approx(sum(share.share for share in found[6:21]))
    assert found[23].share == pytest.approx(found[21].share + found[22].share)


def test_pairs_that_are_not_there_may_be_none(tmp_path: Path) -> None:
    generator = np.random.default_rng(3)
    truth = sum(generator.normal(size=7)[digits()[:, slot]] for slot in range(6))
    truth = 1.8 + 0.01 * (truth - truth.mean()) / truth.std()
    archs = np.sort(generator.permutation(len(truth))[:67])
    scores = truth[archs, None] + generator.normal(0, 0.003, (67, 3))
    found = importance(measured(Synthetic(truth, archs, scores, 0.003), tmp_path), draws=60)
    assert found[22].low == 0
    assert found[22].high < 0.2
    assert all(share.low == 0 for share in found[6:21])


def test_blocks_that_are_few_or_have_no_noise_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="at least 37 measured blocks, got 20 on digits"):
        importance(measured(synthetic(0, blocks=20), tmp_path))
    (tmp_path / "once").mkdir()
    with pytest.raises(RequestError, match="got no block with two seeds on digits"):
        importance(measured(synthetic(0, blocks=40, seeds=1), tmp_path / "once"))


def test_the_command_prints_what_it_keeps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "table.duckdb", synthetic(0, blocks=60))
    arguments = ["importance", "--db", str(path), "--shelf", str(tmp_path / "shelf"), "--format", "json"]
    assert main(arguments) == 0
    said = capsys.readouterr()
    printed = json.loads(said.out)
    assert f"an interval holds {INTERVALS}" in said.err
    kept = json.loads((tmp_path / "shelf" / "digits-val_loss" / "importance.json").read_text())
    assert kept["data"]["blocks"] == 60
    assert [row["share"] for row in kept["rows"]] == [row["share"] for row in printed]
    assert (kept["rows"][0]["slot"], kept["rows"][6]["other"]) == ("channel_squeeze", "channel_excite")
    assert kept["rows"][-1]["slot"] is None
    assert kept["intervals"] == INTERVALS
    none = [row["part"] for row in kept["rows"][21:23] if row["low"] == 0]
    assert all((f"{part}: not told apart from none by 60 blocks" in said.err) == (part in none) for part in ("rest", "pairs"))
