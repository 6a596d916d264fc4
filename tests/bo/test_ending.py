import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from sase_bench.bo.ending import building, ending, pareto
from sase_bench.bo.live import Outcome
from sase_bench.bo.objectives import Objective
from sase_bench.predictors import Prediction
from sase_bench.search import Pool
from sase_bench.search.random_search import RandomSearch
from sase_bench.space import SASE_BLOCK, Space
from tests.search.tables import measured

STRATEGY = RandomSearch(Pool.of(Space("tied")))
TABLE = measured("full", every=97)
FIRST, MEMBER = np.flatnonzero(TABLE.counts() == 3)[:2].tolist()  # block 0, and where the published block is put
OUTCOMES = [Outcome(0, 0.5, 2, True), Outcome(7, None, 0, True), Outcome(9, 0.75, 1, False)]
DB = Path("a table.duckdb")


def published(loss: float) -> str:
    """The end of a search on a table where the published block has this loss with three seeds."""
    row, values = TABLE.row.copy(), TABLE.val_loss.copy()
    assert TABLE.archs[FIRST] == OUTCOMES[0].arch
    row[SASE_BLOCK.index], values[MEMBER], values[FIRST] = MEMBER, loss, 0.5
    table = replace(TABLE, row=row, val_loss=values)
    return ending(OUTCOMES, STRATEGY, "val_loss", table, DB, "digits")


def test_the_best_block_is_told_with_the_command_that_builds_it() -> None:
    lines = ending(OUTCOMES, STRATEGY, "val_loss", None, DB, "digits").splitlines()
    assert lines[0].startswith("best block       0  gap/3conv1d_3/")
    assert lines[1] == "                 val_loss 0.5000, mean of 2 seeds"
    assert lines[3].endswith(f'--plan {SASE_BLOCK.index} --proxy digits --db "a table.duckdb"')
    assert lines[4] == f"build it         {building(0)}"


def test_the_best_is_the_largest_where_larger_is_better() -> None:
    said = ending(OUTCOMES, STRATEGY, "val_top1", None, DB, "digits")
    assert re.search(r"^best block +9 .*\n +val_top1 0.7500, one seed$", said, flags=re.MULTILINE)


def test_the_published_block_is_compared_with_it_where_it_was_measured() -> None:
    flattered = ", chosen by its score, which flatters it\n"
    by = "mean of 3 seeds; by the 3 seeds of both the best is"
    assert f"val_loss 0.7500, {by} 0.2500 better{flattered}" in published(0.75)
    assert f"val_loss 0.2500, {by} 0.2500 worse{flattered}" in published(0.25)
    assert f"val_loss 0.5000, {by} as good{flattered}" in published(0.5)
    asked = f'compare them     python -m sase_bench.query "compare 0 with {SASE_BLOCK.index} on digits" --db "a table.duckdb"'
    assert asked in published(0.5)
    unshared = replace(TABLE, row=np.where(np.arange(7**6) == SASE_BLOCK.index, MEMBER, -1).astype(np.int32))
    assert "; they share no seed\n" in ending(OUTCOMES, STRATEGY, "val_loss", unshared, DB, "digits")


def test_what_the_search_believes_best_is_told_beside_the_best_score() -> None:
    class Believing(RandomSearch):
        def learn(self) -> None:
            pass

        def predict(self, arch: int) -> Prediction:
            return Prediction(np.asarray([arch / 32]), np.asarray([0.125]))

        believed = 0

        def best(self) -> int:
            return self.believed

    for believed, told in ((9, True), (0, False)):
        strategy = Believing(Pool.of(Space("tied")))
        strategy.believed = believed
        lines = ending(OUTCOMES, strategy, "val_loss", None, DB, "digits").splitlines()
        assert lines[1] == "                 val_loss 0.5000, mean of 2 seeds (predicted 0.0000 ± 0.1250)"
        assert lines[2].startswith("believed best    9  gap/") is told
        assert ("                 val_loss 0.7500, one seed (predicted 0.2812 ± 0.1250)" in lines) is told


def test_of_several_objectives_the_front_is_told_in_order_of_the_cost() -> None:
    known = np.full((7**6, 1), 9.0)
    known[[0, 7, 9, 11], 0] = [5, 1, 2, 6]
    found = pareto([*OUTCOMES, Outcome(11, 0.6, 1, True)], Objective("val_loss", ("params",)), known)
    assert [line.split()[0] for line in found.splitlines()[2:]] == ["9", "0"]


def test_without_any_score_nothing_is_best() -> None:
    said = "no block has a score: every run diverged or failed"
    assert ending(OUTCOMES[1:2], STRATEGY, "val_loss", None, DB, "digits") == said
    assert pareto(OUTCOMES[1:2], Objective("val_loss", ("params",)), np.zeros((7**6, 1))) == said
