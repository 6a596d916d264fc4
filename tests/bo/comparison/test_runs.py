import json
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from sase_bench.benchmark import Measured
from sase_bench.bo import Plan, compare
from sase_bench.bo.__main__ import main
from sase_bench.bo.comparison import Comparison, Runs
from sase_bench.bo.comparison.regret import Trajectory, Truth, one_seed
from sase_bench.database import Store
from sase_bench.errors import RequestError
from sase_bench.search import Pool
from sase_bench.space import Space
from tests.bo.tables import POOL, TABLE, TRUTH
from tests.records import DIGITS, made_up, unfinished
from tests.search.found import FOUND

OWN = "tests.bo.comparison.test_runs:Backwards"


def test_the_table_of_a_comparison_has_the_same_seeds_for_every_block_and_none_that_a_search_chose(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn = [arch.index for arch in Space("tied").sample(30, seed=0)]
    chosen = [arch.index for arch in Space("tied") if arch.index not in drawn][:3]
    seeds = {arch: (0, 1, 2, 3) if arch in drawn[:5] else (0, 1) for arch in [*drawn, *chosen]} | {drawn[-1]: (0,)}
    with Store(tmp_path / "table.duckdb", [DIGITS]) as store:
        for arch, there in seeds.items():
            for seed in there:
                store.append(unfinished(arch, seed) if arch == drawn[2] else made_up(arch, seed))
    out = tmp_path / "compared.json"
    arguments = ["--compare", "--db", str(tmp_path / "table.duckdb"), "--strategy", f"random,{OWN}"]
    assert main([*arguments, "--evaluations", "12", "--repeats", "2", "--processes", "1", "--output", str(out)]) == 0
    said, content = capsys.readouterr(), json.loads(out.read_text())
    assert "4 blocks are left out: not drawn at random, or without each of the seeds 0, 1" in said.err
    assert content["pool"] == 29
    assert list(content["strategies"]) == ["random", OWN]
    assert list(content["strategies"]["random"]["regret"]) == list(content["ranks"]) == ["12"]
    truth = {arch: np.mean([made_up(arch, seed).val_loss for seed in (0, 1)]) for arch in drawn[:-1] if arch != drawn[2]}
    assert content["oracle"]["arch"] == min(truth, key=truth.__getitem__)
    last = sorted(drawn[:-1])[-12:]
    regret = min(truth[arch] for arch in last if arch in truth) - min(truth.values())
    assert content["strategies"][OWN]["regret"]["12"][0] == pytest.approx(regret)


class Backwards:
    """A search of somebody's own: from the last block to the first."""

    spent = 0.0

    def __init__(self, pool: Pool, seed: int) -> None:
        self.left = sorted(pool)

    def ask(self, count: int = 1) -> list[int]:
        return [self.left.pop() for _ in range(min(count, len(self.left)))]

    def tell(self, arch: int, objective: float | None) -> None:
        assert objective is None or objective > 0


def test_regret_after_a_time_is_that_of_the_last_block_that_had_ended() -> None:
    archs = TABLE.archs[[0, 1, 2]]
    path = Trajectory(archs, np.array([-1, archs[1], archs[2]]), np.array([10.0, 20.0, 30.0]))
    runs = Runs.of("x", [path], [TRUTH], 5)
    regrets = TRUTH.regret(path.incumbents)
    assert np.isnan(runs.regret_at(15.0)).all()
    assert runs.regret_at(20.0).tolist() == [regrets[1]]
    assert runs.regret_at(1e9).tolist() == [regrets[2]]
    assert runs.regrets[0, 3:].tolist() == [regrets[2]] * 2  # an early end keeps its last incumbent
    assert runs.finds(archs[2:], within=2) == 0.0
    assert runs.finds(archs[2:], within=3) == 1.0


def test_repeats_are_paired_and_the_same_however_many_processes_run_them(comparison: Comparison) -> None:
    plan = Plan(strategies=("random",), metric="val_top1", evaluations=48, repeats=4, workers=2, sees="seed")
    again = compare(TABLE, POOL, plan)
    assert (again.runs["random"].archs == comparison.runs["random"].archs).all()
    assert (again.runs["random"].regrets == comparison.runs["random"].regrets)[np.isfinite(again.runs["random"].regrets)].all()


def test_a_table_is_handed_to_a_process_once_and_not_for_every_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    pickled = []

    def counting(table: Measured) -> object:
        pickled.append(table)
        return object.__getstate__(table)

    monkeypatch.setattr(Measured, "__getstate__", counting, raising=False)
    plan = Plan(strategies=("random", "local"), metric="val_loss", evaluations=2, repeats=4)
    assert compare(TABLE, POOL, plan, processes=2).runs["local"].regrets.shape == (4, 2)
    assert 1 <= len(pickled) <= 2


class Convinced(Backwards):
    """Believes in its first block, from its second result on."""

    told = 0

    def tell(self, arch: int, objective: float | None) -> None:
        self.told += 1

    def learn(self) -> None:
        pass

    def predict(self, arch: int) -> None:
        return None

    def best(self) -> int | None:
        return int(POOL.members[-1]) if self.told > 1 else None


@pytest.mark.parametrize(("sees", "is_believed"), [("seed", True), ("mean", False)])
def test_a_search_that_sees_one_run_is_judged_by_the_block_that_it_believes_best(
    sees: Literal["mean", "seed"], is_believed: bool
) -> None:
    name = "tests.bo.comparison.test_runs:Convinced"
    runs = compare(TABLE, POOL, Plan(strategies=(name,), metric="val_top1", evaluations=24, repeats=1, sees=sees)).runs[name]
    assert runs.archs[0].tolist() == POOL.members[:-25:-1].tolist()
    truth = TRUTH.without(one_seed(TABLE, 0)) if sees == "seed" else TRUTH
    assert bool((runs.regrets[0] == truth.regret(POOL.members[-1:])).all()) is is_believed


def test_each_repeat_is_judged_by_the_runs_that_it_was_not_shown() -> None:
    plan = Plan(strategies=(OWN,), metric="val_loss", evaluations=12, repeats=3, sees="seed", first_seed=5)
    found, truth = compare(TABLE, POOL, plan).runs[OWN], Truth.of(TABLE, POOL, "val_loss")
    for repeat in range(3):
        shown = one_seed(TABLE, 5 + repeat)
        looked = np.where(shown.status >= 0, np.nan_to_num(TABLE.scores("val_loss"), nan=np.inf), np.inf).min(1)
        rows = TABLE.row[found.archs[repeat]]
        best = [rows[int(np.argmin(looked[rows[: count + 1]]))] for count in range(12)]
        assert (found.regrets[repeat] == truth.without(shown).regret(TABLE.archs[best])).all()


def test_a_block_without_another_run_to_judge_it_by_is_as_bad_as_the_worst() -> None:
    status, loss = TABLE.status.copy(), TABLE.val_loss.copy()
    alone = int(TABLE.row[POOL.members[-1]])
    status[alone, 1:], loss[alone, 1:] = 1, np.nan
    status[alone, 0], loss[alone, 0] = 0, 1e-6  # looks better than any
    table = replace(TABLE, status=status, val_loss=loss)
    plan = Plan(strategies=(OWN,), metric="val_loss", evaluations=12, repeats=12, sees="seed")
    found, truth = compare(table, POOL, plan).runs[OWN], Truth.of(table, POOL, "val_loss")
    lucky = [repeat for repeat in range(12) if one_seed(table, repeat).status[alone, 0] >= 0]
    assert lucky
    for repeat in lucky:
        assert (found.regrets[repeat] == truth.without(one_seed(table, repeat)).worst).all()


def test_the_differentiable_search_is_one_evaluation_after_its_training(comparison: Comparison) -> None:
    runs = comparison.few["differentiable-1"]
    assert (runs.archs >= 0).sum() == 1
    assert runs.seconds[0, 0] > FOUND.seconds
    assert (runs.regrets[0] == runs.regrets[0, 0]).all()


def test_a_plan_counts_from_one() -> None:
    with pytest.raises(RequestError, match="are counted from 1"):
        Plan(strategies=("random",), metric="val_loss", repeats=0)
