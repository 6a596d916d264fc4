"""SMAC3: a random forest and expected improvement over a ConfigSpace (Lindauer et al., JMLR 2022, arXiv 2109.09831).

In a whole space SMAC proposes as it does by itself. In a sparse pool it starts from random members, and its acquisition is
maximised over those that are open.
"""

from __future__ import annotations

import shutil
import weakref
from itertools import islice
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import numpy as np

from sase_bench.errors import needing
from sase_bench.search.pool import History, Pool
from sase_bench.search.smac_pool import pool_maximizer
from sase_bench.space import Architecture

if TYPE_CHECKING:
    from ConfigSpace import Configuration

__all__ = ["SMAC"]

_RETRIES = 10_000  # of SMAC's own proposals that were made before
_TRIES = 20  # proposals that may be thrown away, for being tried before or not in the pool


class SMAC:
    """SMAC's facade for hyperparameter optimisation, one run a block; the first `initial` blocks go by no model."""

    spent = 0.0

    def __init__(self, pool: Pool, seed: int = 0, *, initial: int = 10) -> None:
        with needing("SMAC", "rivals"):
            from ConfigSpace import Configuration
            from smac import HyperparameterOptimizationFacade as Facade
            from smac import Scenario
            from smac.runhistory.dataclasses import TrialInfo, TrialValue
            from smac.runhistory.enumerations import StatusType
        self.history = History(pool)
        self._generator = np.random.default_rng(seed)
        folder = mkdtemp(prefix="sase-bench-smac-")  # SMAC writes its history to disk
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._space = pool.space.configuration_space(seed=seed)
        scenario = Scenario(
            self._space,
            deterministic=True,
            n_trials=10**6,  # the caller counts
            seed=seed,
            output_directory=Path(folder),
        )
        self._info, self._value, self._status, self._configuration_of = TrialInfo, TrialValue, StatusType, Configuration
        design, maximizer = Facade.get_initial_design(scenario, n_configs=initial), None
        if len(pool) < len(pool.space):
            first = self._generator.permutation(pool.members)[:initial].tolist()
            design = Facade.get_initial_design(scenario, n_configs=0, additional_configs=self._configurations(first))
            maximizer = pool_maximizer(lambda: self._configurations(self.history.open().tolist()), seed=seed)
        self._smac = Facade(
            scenario,
            lambda config, seed=0: 0.0,  # never called: results are told
            initial_design=design,
            acquisition_maximizer=maximizer,
            intensifier=Facade.get_intensifier(scenario, max_config_calls=1),
            # in a space this small most of what looks best has been tried; SMAC's 16 retries would end in random blocks
            config_selector=Facade.get_config_selector(scenario, retries=_RETRIES),
            logging_level=False,
            overwrite=True,
        )
        self._proposed: dict[int, TrialInfo] = {}

    def ask(self, count: int = 1) -> list[int]:
        return list(islice(iter(self._next, None), count))

    def tell(self, arch: int, objective: float | None) -> None:
        self.history.tell(arch, objective)
        info = self._proposed.pop(arch, None)
        if info is None:
            if arch not in self.history.pool:  # nothing that SMAC's space could hold
                return
            info = self._info(self._configuration(arch), seed=0)  # the seed of all runs of a deterministic scenario
        worst = max((known for known in self.history.objectives.values() if known is not None), default=0.0)
        status = self._status.CRASHED if objective is None else self._status.SUCCESS
        self._smac.tell(info, self._value(cost=worst if objective is None else objective, status=status), save=False)

    def _next(self) -> int | None:
        if not len(self.history.open()):
            return None
        for _ in range(_TRIES):
            try:
                info = self._smac.ask()
            except StopIteration:
                break
            arch = Architecture.from_operations(dict(info.config)).index
            if self.history.is_open(arch):
                self.history.take(arch)
                self._proposed[arch] = info
                return arch
        return self.history.draw(self._generator)

    def _configurations(self, archs: list[int]) -> list[Configuration]:
        return [self._configuration(arch) for arch in archs]

    def _configuration(self, arch: int) -> Configuration:
        return self._configuration_of(self._space, values=self.history.pool.space.configuration(Architecture(arch)))
