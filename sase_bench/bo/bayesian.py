"""Bayesian search: fit a surrogate on what is known, score every block that is left, try the best.

The pool is finite and is scored as a whole, so nothing is optimised by sampling and nothing is suggested twice.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sase_bench.bo.acquisition import ACQUISITIONS, DEFAULT_ACQUISITION, Acquisition, Situation
from sase_bench.errors import unknown
from sase_bench.predictors import Prediction, Predictor
from sase_bench.search.pool import History, Pool
from sase_bench.space import RADIX

__all__ = ["BayesianSearch", "covering"]

#: Builds an unfitted surrogate from a seed.
MakeSurrogate = Callable[[int], Predictor]


class BayesianSearch:
    """`surrogate` × `acquisition` over the whole pool, after `initial` blocks that cover the operations of every slot.

    A run without a score counts as the worst objective seen. The surrogate is fitted again after `refit_every` new results; in
    between the old one goes on choosing. Blocks under way are believed to turn out as it predicts (kriging believer;
    Ginsbourger, Le Riche & Carraro 2010), except where the rule draws at random and needs no such belief: a second surrogate,
    fitted on the results and on these beliefs, then chooses. `candidates` may narrow down which open blocks are scored.
    """

    spent = 0.0

    def __init__(
        self,
        pool: Pool,
        seed: int = 0,
        *,
        surrogate: MakeSurrogate,
        acquisition: str | Acquisition = DEFAULT_ACQUISITION,
        initial: int = 14,
        refit_every: int = 1,
        candidates: Callable[[History], NDArray[np.int64]] = History.open,
    ) -> None:
        if isinstance(acquisition, str):
            if acquisition not in ACQUISITIONS:
                raise unknown("acquisition", acquisition, ACQUISITIONS)
            acquisition = ACQUISITIONS[acquisition]
        self.history = History(pool)
        self._generator = np.random.default_rng(seed)
        self._surrogate, self._believer = surrogate(seed), surrogate(seed)
        self._acquisition = acquisition
        self.initial = initial
        self._refit_every = refit_every
        self._candidates = candidates
        self._fitted_on = 0  # results

    def ask(self, count: int = 1) -> list[int]:
        asked: list[int] = []
        while len(asked) < count and len(self.history.open()):
            if self.history.known < self.initial or not self._enough():
                arch = covering(self.history, self._generator)
            else:
                arch = self._choose()
            self.history.take(arch)
            asked.append(arch)
        return asked

    def tell(self, arch: int, objective: float | None) -> None:
        self.history.tell(arch, objective)

    def learn(self) -> None:
        """Fit the surrogate on all results there are, whatever `refit_every` says; nothing happens before two scores."""
        if self._enough() and self._fitted_on != len(self.history.objectives):
            self._surrogate.fit(*self._data())
            self._fitted_on = len(self.history.objectives)

    def predict(self, arch: int) -> Prediction | None:
        """The objective of a block as the surrogate saw it when it was last fitted; None before that. Arrays of length 1.

        Nothing is fitted for it: who looks on does not change the search.
        """
        return self._surrogate.predict(np.asarray([arch], dtype=np.int64)) if self._fitted_on else None

    def best(self) -> int | None:
        """The block with a score that the surrogate, as it was last fitted, believes best; None before that.

        Scores are noisy, so the best score is in part the luckiest one; what is believed of a block rests on all results.
        """
        tried = [arch for arch, objective in self.history.objectives.items() if objective is not None]
        if not self._fitted_on or not tried:
            return None
        return tried[int(self._surrogate.predict(np.asarray(tried, dtype=np.int64)).mean.argmin())]

    def _enough(self) -> bool:
        """Whether there are two scores, the least that a surrogate can be fitted on."""
        return sum(objective is not None for objective in self.history.objectives.values()) >= 2

    def _data(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        objectives = self.history.objectives
        worst = max(objective for objective in objectives.values() if objective is not None)
        values = [worst if objective is None else objective for objective in objectives.values()]
        return np.fromiter(objectives, dtype=np.int64), np.asarray(values, dtype=np.float64)

    def _chooser(self) -> Predictor:
        """The surrogate, as up to date as it is to be; where blocks are under way the one that believes something of them."""
        if not self._fitted_on or len(self.history.objectives) >= self._fitted_on + self._refit_every:
            self.learn()
        if not self.history.pending or self._acquisition.draws:
            return self._surrogate
        tried, objectives = self._data()
        pending = np.fromiter(self.history.pending, dtype=np.int64)
        expected = self._surrogate.predict(pending).mean
        return self._believer.fit(np.concatenate([tried, pending]), np.concatenate([objectives, expected]))

    def _choose(self) -> int:
        candidates, surrogate = self._candidates(self.history), self._chooser()
        seed = int(self._generator.integers(2**31))
        scores = self._acquisition.score(Situation(surrogate, candidates, *self._data(), seed))
        best = np.flatnonzero(scores == scores.max())  # trees give many blocks the same score
        return int(candidates[best[self._generator.integers(len(best))]])


def covering(history: History, generator: np.random.Generator) -> int:
    """An open block whose operations were tried least so far, drawn from the equal ones; at least one block is open.

    Seven such blocks hold every operation of every free slot once, where the pool allows it.
    """
    pool = history.pool
    candidates = history.open()
    known = np.asarray([arch for arch in (*history.objectives, *history.pending) if arch in pool], dtype=np.int64)
    chosen = pool.choices[np.searchsorted(pool.members, known)]
    open_choices = pool.choices[np.searchsorted(pool.members, candidates)]
    load = np.zeros(len(candidates))
    for place in range(pool.choices.shape[1]):
        load += np.bincount(chosen[:, place], minlength=RADIX)[open_choices[:, place]]
    least = np.flatnonzero(load == load.min())
    return int(candidates[least[generator.integers(len(least))]])
