"""Syne Tune: the table as a tabulated blackbox, so that its simulator runs any of its schedulers on it in no time."""

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

from sase_bench import Architecture, Benchmark, Space
from sase_bench.benchmark import choices

logging.disable(logging.INFO)
np.random.seed(0)  # noqa: NPY002 - Syne Tune draws from the global generator, whatever its `random_seed` is
bench = Benchmark.load(sys.argv[1] if len(sys.argv) > 1 else None)
table = bench.measured(next(iter(bench.proxies)))
seeds = np.flatnonzero((table.status == 0).mean(0) > 0.5)  # Syne Tune takes every block with every seed, and no gaps
rows = [row for row, complete in enumerate((table.status[:, seeds] == 0).all(1)) if complete]
space = choices(table.archs[rows])
rows = [row for row in rows if "block" in space or Architecture(int(table.archs[row])).is_tied]
blocks = [Architecture(int(table.archs[row])) for row in rows]
tied = Space("tied")
frame = pd.DataFrame([{"block": str(block)} if "block" in space else tied.configuration(block) for block in blocks])
frame["proxy"] = table.proxy  # Syne Tune wants two columns at least
elapsed = np.cumsum(table.seconds, axis=2)
blackbox = BlackboxTabular(
    hyperparameters=frame,
    configuration_space={name: choice(values) for name, values in {**space, "proxy": [table.proxy]}.items()},
    fidelity_space={"epoch": randint(1, table.epochs)},
    objectives_evaluations=np.stack([table.val_loss, elapsed], axis=3)[np.ix_(rows, seeds)],
    objectives_names=["val_loss", "elapsed_time"],
)
backend = UserBlackboxBackend(blackbox, elapsed_time_attr="elapsed_time")
tuner = Tuner(
    trial_backend=backend,
    scheduler=RandomSearch({**blackbox.configuration_space, "epochs": table.epochs}, metrics=["val_loss"], random_seed=0),
    stop_criterion=StoppingCriterion(max_num_trials_finished=10),
    n_workers=4,
    sleep_time=0,
    callbacks=[SimulatorCallback()],
    save_tuner=False,
)
tuner.run()
print(tuner.best_config("val_loss"))
