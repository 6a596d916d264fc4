"""Syne Tune: the table as a tabulated blackbox, so that its simulator runs any of its schedulers on it in no time.

Syne Tune asks for any configuration: a block without a score has error 1 here, and costs what the others do.
"""

import logging
import sys

import numpy as np
import pandas as pd
from syne_tune import StoppingCriterion, Tuner
from syne_tune.backend.simulator_backend.simulator_callback import SimulatorCallback
from syne_tune.blackbox_repository.blackbox_tabular import BlackboxTabular
from syne_tune.blackbox_repository.simulated_tabular_backend import UserBlackboxBackend
from syne_tune.config_space import choice, randint
from syne_tune.optimizer.baselines import RandomSearch

from sase_bench import Benchmark, Space
from sase_bench.space import SETS

logging.disable(logging.INFO)
bench = Benchmark.load(sys.argv[1] if len(sys.argv) > 1 else None)
table = bench.measured(next(iter(bench.proxies)))
space = Space("tied")
rows = table.row[space.indices]  # -1 where a block was not measured
scored = (rows >= 0) & (table.status[rows, 0] == 0)
error = np.where(scored[:, None], 1 - table.val_top1[rows, 0], 1.0)  # with the first seed, after each epoch
seconds = np.where(scored[:, None], table.seconds[rows, 0], np.nanmean(table.seconds))
blackbox = BlackboxTabular(
    hyperparameters=pd.DataFrame([space.configuration(arch) for arch in space]),
    configuration_space={name: choice(list(choices)) for name, choices in SETS.items()},
    fidelity_space={"epoch": randint(1, table.epochs)},
    objectives_evaluations=np.stack([error, np.cumsum(seconds, axis=1)], axis=2)[:, None],
    objectives_names=["error", "elapsed_time"],
)
backend = UserBlackboxBackend(blackbox, elapsed_time_attr="elapsed_time")
tuner = Tuner(
    trial_backend=backend,
    scheduler=RandomSearch({**blackbox.configuration_space, "epochs": table.epochs}, metrics=["error"], do_minimize=True),
    stop_criterion=StoppingCriterion(max_num_trials_finished=10),
    n_workers=4,
    sleep_time=0,
    callbacks=[SimulatorCallback()],
    save_tuner=False,
)
tuner.run()
print(tuner.best_config("error"))
