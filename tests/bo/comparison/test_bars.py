import numpy as np
import pytest

from sase_bench.bo.comparison import Comparison, Plan, Runs
from sase_bench.bo.comparison.bars import bars
from sase_bench.bo.comparison.regret import Truth
from sase_bench.bo.comparison.summary import summarise
from sase_bench.search import Pool
from sase_bench.space import Space
from sase_bench.statistics.paired_tests import repeats_needed
from tests.search.tables import measured

TABLE = measured(every=8)
TRUTH = Truth.of(TABLE, Pool.of(Space("tied"), TABLE.archs.tolist()), "val_top1")
BEATS, UNBEATEN = "beats random, evolution and tpe at 48, p < 0.01", "is beaten by no rival at 96"


def compared(means: dict[str, float], *, repeats: int = 100, evaluations: int = 150) -> Comparison:
    """Strategies with normal regrets of sd 0.02 around these means; those with a mean below 0.5 find the oracle at once."""
    generator = np.random.default_rng(0)
    shape = (repeats, evaluations)
    runs = {}
    for name, mean in means.items():
        archs = np.full(shape, TRUTH.oracle if mean < 0.5 else TRUTH.ranked[-1])
        regrets = np.repeat(generator.normal(mean, 0.02, (repeats, 1)), evaluations, axis=1)
        runs[name] = Runs(name, archs, regrets, np.tile(np.arange(1.0, evaluations + 1), (repeats, 1)))
    plan = Plan(strategies=tuple(means), metric="val_top1", repeats=repeats, evaluations=evaluations)
    return Comparison(plan, "digits", TRUTH, 1.0, runs, {})


EQUAL = {"gp": 0.1, "xgb": 0.5, "random": 0.5, "evolution": 0.5, "tpe": 0.5, "smac": 0.1}


def met(comparison: Comparison) -> dict[str, bool | None]:
    return {name: bar["met"] for name, bar in summarise(comparison, None)["bars"].items()}


def test_a_surrogate_that_is_better_than_all_but_an_equal_meets_every_bar() -> None:
    assert met(compared(EQUAL)) == {BEATS: True, UNBEATEN: True, "top 1 % within 50": True, "top 0.1 % within 150": True}


def test_a_surrogate_that_a_rival_beats_is_beaten_however_few_repeats_there_are() -> None:
    for repeats in (20, 100):
        found = met(compared(EQUAL | {"smac": 0.0}, repeats=repeats))
        assert (found[BEATS], found[UNBEATEN]) == (True, False)


@pytest.mark.parametrize("repeats", [2, 4, 10])
def test_few_repeats_do_not_show_that_no_rival_is_better(repeats: int) -> None:
    bar = summarise(compared(EQUAL, repeats=repeats), None)["bars"][UNBEATEN]
    assert bar == {"met": None, "why": f"needs {repeats_needed(4)} repeats"}
    assert met(compared(EQUAL, repeats=repeats_needed(4)))[UNBEATEN] is True


@pytest.mark.parametrize(
    ("left_out", "evaluations", "judged"),
    [
        ((), 95, {BEATS, "top 1 % within 50"}),
        ((), 49, {BEATS}),
        (("tpe",), 150, {UNBEATEN, "top 1 % within 50", "top 0.1 % within 150"}),
        (("random", "evolution", "tpe", "smac"), 150, {"top 1 % within 50", "top 0.1 % within 150"}),
        (("gp", "xgb"), 150, set()),
    ],
)
def test_what_was_not_run_is_not_judged_and_says_what_it_needs(
    left_out: tuple[str, ...], evaluations: int, judged: set[str]
) -> None:
    means = {name: mean for name, mean in EQUAL.items() if name not in left_out}
    found = summarise(compared(means, evaluations=evaluations), None)["bars"]
    assert {name for name, bar in found.items() if bar["met"] is not None} == judged
    assert all((bar["met"] is None) == (bar["why"] is not None) for bar in found.values())


def test_without_a_ranking_nothing_is_judged() -> None:
    assert {bar["met"] for bar in bars(compared(EQUAL), {}).values()} == {None}
