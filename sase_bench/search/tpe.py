"""The tree-structured Parzen estimator, by Optuna's sampler (Bergstra et al., NeurIPS 2011; Watanabe, arXiv 2304.11127).

On a finite space the sampler proposes blocks that were tried. Those are thrown away here and it is asked again; when it
insists, it samples from its density of good blocks without choosing the best of many, and at last a random block is taken.
"""

from __future__ import annotations

import warnings
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from sase_bench.errors import needing
from sase_bench.search.pool import History, Pool
from sase_bench.space import OPERATIONS, SETS, SPACES, Architecture

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.trial import Trial

__all__ = ["TPE"]

_TRIES = (4, 20)  # proposals that may be thrown away: of the sampler as it is, and of one that only samples


class TPE:
    """Optuna's multivariate TPE; the first `initial` blocks are random."""

    spent = 0.0

    def __init__(self, pool: Pool, seed: int = 0, *, initial: int = 10) -> None:
        with needing("TPE", "search"):
            import optuna
        self.history = History(pool)
        self._generator = np.random.default_rng(seed)
        self._optuna = optuna
        level = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)  # `multivariate` is one
            self._samplers = [
                optuna.samplers.TPESampler(n_startup_trials=initial, n_ei_candidates=count, multivariate=True, seed=seed)
                for count in (24, 1)
            ]
            self._study = optuna.create_study(sampler=self._samplers[0])
        optuna.logging.set_verbosity(level)
        choices = OPERATIONS | SETS
        self._trials: dict[int, Trial] = {}  # asked for, not yet told
        self._space: dict[str, BaseDistribution] = {
            name: optuna.distributions.CategoricalDistribution(choices[name]) for name in SPACES[pool.space.name]
        }

    def ask(self, count: int = 1) -> list[int]:
        return list(islice(iter(self._next, None), count))

    def tell(self, arch: int, objective: float | None) -> None:
        self.history.tell(arch, objective)
        failed = self._optuna.trial.TrialState.FAIL
        trial = self._trials.pop(arch, None)
        if trial is not None:
            self._study.tell(trial, objective, state=failed if objective is None else None)
        elif objective is not None and arch in self.history.pool:  # it was not asked for
            values = self.history.pool.space.configuration(Architecture(arch))
            known = self._optuna.trial.create_trial(params=values, distributions=dict(self._space), value=objective)
            self._study.add_trial(known)

    def _next(self) -> int | None:
        if not len(self.history.open()):
            return None
        for sampler, tries in zip(self._samplers, _TRIES, strict=True):
            self._study.sampler = sampler
            for _ in range(tries):
                trial = self._study.ask(self._space)
                arch = Architecture.from_operations(trial.params).index
                if self.history.is_open(arch):
                    self.history.take(arch)
                    self._trials[arch] = trial
                    return arch
                self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL)  # the sampler does not look at those
        return self.history.draw(self._generator)
