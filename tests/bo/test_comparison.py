import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sase_bench.benchmark import Benchmark, Finished, Measured
from sase_bench.bo import Plan, compare
from sase_bench.bo.__main__ import main
from sase_bench.bo.certainty import Certainty, certainty
from sase_bench.bo.comparison import Comparison, Runs
from sase_bench.bo.registry import find
from sase_bench.bo.regret import Trajectory, Truth, one_seed, trajectory
from sase_bench.bo.summary import render, summarise
from sase_bench.database import Store
from sase_bench.errors import RequestError
from sase_bench.query import ask
from sase_bench.search import Pool
from sase_bench.space import Architecture, Space
from tests.records import DIGITS, made_up, unfinished
from tests.search.tables import measured, records
from tests.search.test_contract import FOUND

TABLE = measured(every=8)
POOL = Pool.of(Space("tied"), TABLE.archs.tolist())
TRUTH = Truth.of(TABLE, POOL, "val_top1")


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    plan = Plan(
        strategies=("random", "local", "linear"),
        metric="val_top1",
        evaluations=48,
        repeats=4,
        workers=2,
        refit_every=8,
        sees="seed",
    )
    return compare(TABLE, POOL, plan, found=[FOUND], processes=2)


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
    arguments = ["--compare", "--db", str(tmp_path / "table.duckdb"), "--strategy", "random,tests.bo.test_comparison:Backwards"]
    assert main([*arguments, "--evaluations", "12", "--repeats", "2", "--processes", "1", "--output", str(out)]) == 0
    said, content = capsys.readouterr(), json.loads(out.read_text())
    assert "4 blocks are left out: not drawn at random, or without each of the seeds 0, 1" in said.err
    assert content["pool"] == 29
    assert list(content["strategies"]) == ["random", "tests.bo.test_comparison:Backwards"]
    assert list(content["strategies"]["random"]["regret"]) == list(content["ranks"]) == ["12"]
    truth = {arch: np.mean([made_up(arch, seed).val_loss for seed in (0, 1)]) for arch in drawn[:-1] if arch != drawn[2]}
    assert content["oracle"]["arch"] == min(truth, key=truth.__getitem__)
    last = sorted(drawn[:-1])[-12:]
    regret = min(truth[arch] for arch in last if arch in truth) - min(truth.values())
    assert content["strategies"]["tests.bo.test_comparison:Backwards"]["regret"]["12"][0] == pytest.approx(regret)


class Backwards:
    """A search of somebody's own: from the last block to the first."""

    spent = 0.0

    def __init__(self, pool: Pool, seed: int) -> None:
        self.left = sorted(pool)

    def ask(self, count: int = 1) -> list[int]:
        return [self.left.pop() for _ in range(min(count, len(self.left)))]

    def tell(self, arch: int, objective: float | None) -> None:
        assert objective is None or objective > 0


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere:Search", "the strategy nowhere:Search cannot be imported (No module named 'nowhere')"),
        ("json:Search", "the strategy json:Search cannot be imported (module 'json' has no attribute 'Search')"),
        ("gpp", "unknown strategy 'gpp'"),
        ("gp:ei", "unknown acquisition 'ei'"),
    ],
)
def test_a_strategy_that_is_not_there_is_named(name: str, message: str) -> None:
    with pytest.raises(RequestError) as error:
        find(name)
    assert str(error.value).startswith(message)


def finished(arch: int, top1: float | None, ended: float) -> Finished:
    return Finished(Architecture(arch), (0,), 12, None, top1, 0.0, ended)


def test_the_incumbent_is_what_looked_best_to_the_search() -> None:
    done = [finished(5, None, 1.0), finished(7, 0.5, 2.0), finished(9, 0.4, 3.0), finished(1, 0.6, 4.0)]
    found = trajectory(done, "val_top1")
    assert found.incumbents.tolist() == [-1, 7, 7, 1]
    assert found.seconds.tolist() == [1.0, 2.0, 3.0, 4.0]


def test_regret_is_from_the_best_block_of_the_pool_with_every_seed() -> None:
    means, counts = TABLE.means("val_top1"), TABLE.counts()
    best = int(TABLE.archs[np.nanargmax(np.where(counts == 3, means, np.nan))])
    assert TRUTH.oracle == best
    regrets = TRUTH.regret(POOL.members)
    assert regrets[np.flatnonzero(POOL.members == best)] == 0
    assert (np.nan_to_num(regrets[counts == 3]) >= 0).all()
    assert np.isnan(TRUTH.regret(np.array([-1]))).all()


def test_the_top_is_a_share_of_the_blocks_with_every_seed_and_never_empty() -> None:
    order = POOL.members[np.argsort(-np.where(TABLE.counts() == 3, TABLE.means("val_top1"), 0))]
    assert (TABLE.counts() == 3).sum() == 292  # of 301
    assert TRUTH.top(0.02).tolist() == order[:5].tolist()
    assert TRUTH.top(0.0001).tolist() == [order[0]]


def test_a_block_that_was_lucky_with_few_seeds_is_neither_the_oracle_nor_at_the_top() -> None:
    lucky = int(np.flatnonzero(TABLE.counts() == 3)[5])
    status, top1 = TABLE.status.copy(), TABLE.val_top1.copy()
    status[lucky, 1:], top1[lucky, 1:], top1[lucky, 0] = -1, np.nan, 0.99
    truth = Truth.of(replace(TABLE, status=status, val_top1=top1), POOL, "val_top1")
    arch = TABLE.archs[[lucky]]
    assert truth.regret(arch)[0] < 0
    assert truth.oracle in truth.top(0.001)
    assert arch[0] not in truth.top(0.01)
    assert (truth.regret(truth.top(0.01)) >= 0).all()
    assert truth.oracle == TRUTH.oracle


def test_one_seed_is_the_same_luck_for_all_and_another_in_another_repeat() -> None:
    first, again, other = one_seed(TABLE, 0), one_seed(TABLE, 0), one_seed(TABLE, 1)
    assert ((first.status >= 0).sum(1) == 1).all()
    assert (first.status == again.status).all()
    assert (first.status != other.status).any()
    assert (first.status[first.status >= 0] == TABLE.status[first.status >= 0]).all()


def test_regret_after_a_time_is_that_of_the_last_block_that_had_ended() -> None:
    archs = TABLE.archs[[0, 1, 2]]
    path = Trajectory(archs, np.array([-1, archs[1], archs[2]]), np.array([10.0, 20.0, 30.0]))
    runs = Runs.of("x", [path], TRUTH, 5)
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
    plan = Plan(strategies=("random", "local"), evaluations=2, repeats=4)
    assert compare(TABLE, POOL, plan, processes=2).runs["local"].regrets.shape == (4, 2)
    assert 1 <= len(pickled) <= 2


def test_a_summary_has_every_figure_and_is_json(comparison: Comparison) -> None:
    summary = summarise(comparison, certainty(TABLE, comparison.truth))
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    assert list(summary["strategies"]) == ["random", "local", "linear", "differentiable-1"]
    assert summary["pool_is_whole_space"] is False
    random = summary["strategies"]["random"]
    regrets = comparison.runs["random"].regrets[:, 47]
    assert random["regret"]["48"] == pytest.approx([regrets.mean(), regrets.std(ddof=1) / 2])
    assert summary["ranks"]["48"]["best_guided"] == "linear"
    assert {name: set(p_values) for name, p_values in summary["ranks"]["48"]["p_beats"].items()} == {
        "linear": {"random", "local"}
    }
    assert set(summary["ranks"]["48"]["p_best_is_beaten_by"]) == {"random", "local"}


def lengthened(runs: Runs) -> Runs:
    """The same with two evaluations more, in which nothing changed."""
    archs, regrets, seconds = (np.pad(part, ((0, 0), (0, 2)), mode="edge") for part in (runs.archs, runs.regrets, runs.seconds))
    return replace(runs, archs=archs, regrets=regrets, seconds=seconds)


def test_what_was_found_within_more_evaluations_than_there_were_is_not_known(comparison: Comparison) -> None:
    summary = summarise(comparison, None)
    assert summary["tops"] == {"top 1 % within 50": 2, "top 0.1 % within 150": 1}
    assert all(set(values["finds"].values()) == {None} for values in summary["strategies"].values())
    assert re.search(r"top 1 % within 50 \(2 blocks\) +top 0\.1 % within 150 \(1 block\)", render(summary))
    grown = [{name: lengthened(runs) for name, runs in group.items()} for group in (comparison.runs, comparison.few)]
    longer = replace(comparison, plan=replace(comparison.plan, evaluations=50), runs=grown[0], few=grown[1])
    found = [values["finds"] for values in summarise(longer, None)["strategies"].values()]
    assert all(isinstance(item["top 1 % within 50"], float) and item["top 0.1 % within 150"] is None for item in found)


def test_the_differentiable_search_is_one_evaluation_after_its_training(comparison: Comparison) -> None:
    runs = comparison.few["differentiable-1"]
    assert (runs.archs >= 0).sum() == 1
    assert runs.seconds[0, 0] > FOUND.seconds
    assert (runs.regrets[0] == runs.regrets[0, 0]).all()


def test_a_summary_is_told_to_a_person(comparison: Comparison) -> None:
    text = render(summarise(comparison, certainty(TABLE, comparison.truth)))
    assert "digits, tied space, 301 blocks (only what was measured of it); 4 repeats with paired seeds" in text
    found = certainty(TABLE, comparison.truth)
    assert found is not None
    assert f"seed noise: {found.seed_sd:.4f} of one run, {found.degrees} degrees of freedom; with 95 % probability" in text
    assert (
        f"one of the places {found.oracle_place[0]} to {found.oracle_place[1]} of 301\nof the blocks with most seeds, " in text
    )
    assert "too few blocks share two seeds" in render(summarise(comparison, None))
    assert "at 48: linear beats, Wilcoxon p after Holm over all pairs: random" in text
    assert (
        "bar: beats random, evolution and tpe at 48, p < 0.01: not judged, "
        "needs 48 evaluations of a surrogate, random, evolution and tpe" in text
    )


def certain(table: Measured, pool: Pool = POOL) -> Certainty | None:
    return certainty(table, Truth.of(table, pool, "val_top1"))


def test_without_noise_the_tables_order_is_true_and_in_pure_noise_it_is_nothing() -> None:
    exact = certain(measured(every=8, noise=0.0))
    assert exact is not None
    assert (exact.seed_sd, exact.top_1_percent) == (pytest.approx(0, abs=1e-9), pytest.approx(1))
    assert exact.oracle_place == [1, 1]
    noisy = certain(measured(every=8, noise=10.0))
    assert noisy is not None
    assert noisy.seed_sd == pytest.approx(10, rel=0.1)
    assert noisy.oracle_place[1] > 200
    assert noisy.top_1_percent < 0.2
    assert certain(measured(every=8, seeds=1)) is None


def test_a_run_with_a_further_seed_does_not_take_the_certainty_away() -> None:
    table = measured(every=80, seeds=4)
    status, top1 = table.status.copy(), table.val_top1.copy()
    status[1:, 3], top1[1:, 3] = -1, np.nan
    found = certain(replace(table, status=status, val_top1=top1), Pool.of(Space("tied"), table.archs.tolist()))
    assert found is not None
    assert found.blocks == len(table.archs)
    assert found.degrees == (status == 0).sum() - len(table.archs) - 3


@pytest.mark.parametrize("metric", ["val_loss", "val_top1"])
def test_the_oracle_has_the_place_that_a_query_gives_it(metric: str, tmp_path: Path) -> None:
    """The same table, some runs missing: one interval, whoever is asked for it."""
    table = measured(every=40, seed=3, noise=0.006)
    with Store(tmp_path / "table.duckdb", [DIGITS]) as store:
        for run in records(table):
            if (run.arch + run.seed) % 4:
                store.append(run)
    there = Benchmark.load(tmp_path / "table.duckdb").measured()
    truth = Truth.of(there, Pool.of(Space("tied"), there.archs.tolist()), metric)
    found = certainty(there, truth)
    (record,) = ask(f"rank {truth.oracle} by {metric}", db=tmp_path / "table.duckdb").records()
    assert found is not None
    assert found.oracle_place == [record["place_low"], record["place_high"]]
    assert (found.blocks, found.seed_sd) == (record["of"], pytest.approx(record["seed_sd"]))
    assert record["place_high"] > record["place_low"]


def test_a_pool_without_a_score_has_no_truth() -> None:
    nothing = replace(TABLE, status=np.ones_like(TABLE.status), val_top1=np.full_like(TABLE.val_top1, np.nan))
    with pytest.raises(RequestError, match="no run on digits ended ok"):
        Truth.of(nothing, POOL, "val_top1")


def test_a_plan_counts_from_one() -> None:
    with pytest.raises(RequestError, match="are counted from 1"):
        Plan(strategies=("random",), repeats=0)
