from typing import Any, Self

import numpy as np
import pytest

from sase_bench.benchmark import Simulation, Strategy
from sase_bench.bo import BayesianSearch
from sase_bench.bo.progress import Watched, believed_best, prediction_of
from sase_bench.predictors import PREDICTORS, Prediction
from sase_bench.search import Pool
from sase_bench.search.random_search import RandomSearch
from sase_bench.space import Space
from tests.search.tables import measured

TABLE = measured(every=8)
POOL = Pool.of(Space("tied"), TABLE.archs.tolist())


class Counting(PREDICTORS["linear"]):  # type: ignore[misc]
    """Counts how often it is fitted."""

    def __init__(self, *, seed: int = 0) -> None:
        super().__init__(seed=seed)
        self.fits = 0

    def fit(self, *data: Any) -> Self:
        self.fits += 1
        super().fit(*data)
        return self


def searched(*, watched: bool, workers: int, acquisition: str) -> tuple[list[int], list[int], list[str]]:
    """The blocks of 40 evaluations in their order, the fits of each surrogate, and the lines that were said."""
    surrogates: list[Counting] = []
    said: list[str] = []

    def make(seed: int) -> Counting:
        surrogates.append(Counting(seed=seed))
        return surrogates[-1]

    strategy: Strategy = BayesianSearch(POOL, 0, surrogate=make, acquisition=acquisition, refit_every=10)
    if watched:
        strategy = Watched(strategy, "val_top1", 40, said.append)
    done = Simulation(TABLE, workers).run(strategy, 40, batch=workers)
    return [block.arch.index for block in done], [surrogate.fits for surrogate in surrogates], said


@pytest.mark.parametrize(("workers", "acquisition"), [(1, "log-ei"), (3, "log-ei"), (1, "thompson")])
def test_who_looks_on_changes_neither_the_search_nor_how_often_its_surrogate_is_fitted(workers: int, acquisition: str) -> None:
    bare = searched(watched=False, workers=workers, acquisition=acquisition)
    watched = searched(watched=True, workers=workers, acquisition=acquisition)
    assert watched[:2] == bare[:2]
    assert bare[1][0] == 3  # with 14, 24 and 34 results, or a few more where several end together
    assert watched[2]


def test_a_line_tells_the_incumbent_and_what_is_expected_of_the_next() -> None:
    said = searched(watched=True, workers=1, acquisition="log-ei")[2]
    assert len(said) == 40
    assert said[0].startswith("0/40  no score yet;  next: ")
    assert said[1].startswith("1/40  best ")
    assert "predicted" not in said[13]  # the surrogate has not been fitted yet
    assert said[20].count("(predicted ") == 2


def test_a_search_that_predicts_nothing_is_watched_as_well() -> None:
    said: list[str] = []
    strategy = Watched(RandomSearch(POOL, 0), "val_loss", 2, said.append)
    (arch,) = strategy.ask()
    strategy.tell(arch, 0.5)
    (following,) = strategy.ask()
    assert said == [f"0/2  no score yet;  next: {arch}", f"1/2  best {arch}: val_loss 0.5000;  next: {following}"]


class Guessing:
    """A strategy of somebody's own with a model, which says what it expects and not what it believes best."""

    spent = 0.0

    def ask(self, count: int = 1) -> list[int]:
        return []

    def tell(self, arch: int, objective: float | None) -> None:
        pass

    def learn(self) -> None:
        pass

    def predict(self, arch: int) -> Prediction:
        return Prediction(np.array([0.25]), np.array([0.5]))


class Sure(Guessing):
    """And one that says both."""

    def best(self) -> int:
        return 7


def test_a_strategy_tells_what_it_can() -> None:
    assert prediction_of(Guessing(), "val_loss", 3) == " (predicted 0.2500 ± 0.5000)"
    assert prediction_of(RandomSearch(POOL, 0), "val_loss", 3) == ""
    assert believed_best(Sure()) == 7
    assert believed_best(Guessing()) is None
    noted = Guessing()
    noted.best = 7  # type: ignore[attr-defined]
    assert believed_best(noted) is None
