from typing import Self

import numpy as np
import pytest
from numpy.typing import NDArray

from sase_bench.benchmark import Simulation
from sase_bench.bo import BayesianSearch, find
from sase_bench.bo.bananas import mutants_of_the_best
from sase_bench.bo.bayesian import covering
from sase_bench.predictors import Prediction
from sase_bench.search import History, Pool
from sase_bench.space import Space
from tests.search.tables import measured

POOL = Pool.of(Space("tied"))


class Remembering:
    """Predicts the index as the objective, and remembers what it was fitted on."""

    name = "remembering"

    def __init__(self, seed: int = 0) -> None:
        self.fits: list[dict[int, float]] = []

    def fit(self, architectures: NDArray[np.int64], y: NDArray[np.float64], noise: object = None) -> Self:
        self.fits.append(dict(zip(architectures.tolist(), y.tolist(), strict=True)))
        return self

    def predict(self, architectures: NDArray[np.int64]) -> Prediction:
        return Prediction(architectures / 7**6, np.full(len(architectures), 0.01))

    def sample(self, architectures: NDArray[np.int64], count: int, seed: int) -> NDArray[np.float64]:
        return np.tile(architectures / 7**6, (count, 1))


@pytest.fixture
def surrogates() -> list[Remembering]:
    return []


def search(surrogates: list[Remembering], acquisition: str = "ucb", **options: int) -> BayesianSearch:
    def make(seed: int) -> Remembering:
        surrogates.append(Remembering(seed))
        return surrogates[-1]

    found = BayesianSearch(POOL, 0, surrogate=make, acquisition=acquisition, initial=2, **options)  # type: ignore[arg-type]
    found.tell(100_842, 0.5)
    found.tell(54_983, 0.75)
    return found


def test_the_best_of_the_whole_pool_is_asked_for(surrogates: list[Remembering]) -> None:
    assert search(surrogates).ask(3) == POOL.members[:3].tolist()


def test_blocks_under_way_are_believed_to_be_as_predicted(surrogates: list[Remembering]) -> None:
    strategy = search(surrogates)
    first, second = strategy.ask(2)
    truth = {100_842: 0.5, 54_983: 0.75}
    assert [surrogate.fits for surrogate in surrogates] == [[truth], [truth | {first: first / 7**6}]]
    strategy.tell(second, 0.25)
    strategy.ask()
    truth |= {second: 0.25}
    assert [surrogate.fits[1:] for surrogate in surrogates] == [[truth], [truth | {first: first / 7**6}]]


def test_random_draws_need_no_belief(surrogates: list[Remembering]) -> None:
    search(surrogates, "thompson").ask(4)
    assert len(surrogates[0].fits) == 1


def test_a_run_without_a_score_counts_as_the_worst(surrogates: list[Remembering]) -> None:
    strategy = search(surrogates)
    strategy.tell(7, None)
    strategy.ask()
    assert surrogates[0].fits[-1][7] == 0.75


def test_the_surrogate_is_fitted_as_often_as_it_is_told_to(surrogates: list[Remembering]) -> None:
    strategy = search(surrogates, refit_every=3)
    for _ in range(7):
        (arch,) = strategy.ask()
        strategy.tell(arch, 0.5)
    prediction = strategy.predict(7)
    assert prediction is not None
    assert prediction.mean.tolist() == [7 / 7**6]
    assert [len(fit) for fit in surrogates[0].fits] == [2, 5, 8]
    strategy.learn()
    strategy.learn()
    assert [len(fit) for fit in surrogates[0].fits] == [2, 5, 8, 9]


def test_nothing_is_predicted_before_there_are_two_scores_and_a_fit() -> None:
    strategy = BayesianSearch(POOL, 0, surrogate=Remembering)
    strategy.tell(7, 0.5)
    strategy.tell(8, None)
    strategy.learn()
    assert strategy.predict(9) is None
    strategy.tell(10, 0.25)
    assert strategy.predict(9) is None
    assert strategy.best() is None
    strategy.learn()
    assert strategy.predict(9) is not None
    assert strategy.best() == 7  # a block is believed to be as good as its number is small; 8 has no score


def test_the_first_seven_blocks_hold_every_operation_of_every_slot() -> None:
    history, generator = History(POOL), np.random.default_rng(0)
    for _ in range(7):
        history.take(covering(history, generator))
    choices = POOL.choices[np.searchsorted(POOL.members, list(history.pending))]
    assert all(sorted(column) == list(range(7)) for column in choices.T.tolist())


def test_mutants_are_open_neighbours_of_the_ten_best() -> None:
    history = History(POOL)
    assert mutants_of_the_best(history).tolist() == POOL.members.tolist()
    for rank, arch in enumerate(POOL.members[::200].tolist()):
        history.tell(arch, float(rank))
    expected = {mutant for arch in POOL.members[::200][:10].tolist() for mutant in POOL.neighbours(arch).tolist()}
    assert set(mutants_of_the_best(history).tolist()) == {arch for arch in expected if history.is_open(arch)}


def test_a_thousand_suggestions_are_a_thousand_blocks() -> None:
    strategy = BayesianSearch(Pool.of(Space("tied")), 0, surrogate=Remembering)
    asked: list[int] = []
    while len(asked) < 1000:
        for arch in strategy.ask(20 if len(asked) < 100 else 1):
            asked.append(arch)
            strategy.tell(arch, float(arch % 343))
    assert len(set(asked)) == 1000


@pytest.mark.parametrize("name", ["gp", "linear:thompson"])
def test_a_search_with_a_predictor_finds_the_top_percent_of_a_table_with_structure(name: str) -> None:
    table = measured(seed=3)
    pool = Pool.of(Space("tied"), table.archs.tolist())
    done = Simulation(table, workers=2).run(find(name)(pool, 0), 40)
    best = np.sort(np.nan_to_num(table.means("val_top1")))[-24]
    assert max(finished.val_top1 or 0 for finished in done) >= best
