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
from sase_bench.space import SETS

logging.disable(logging.INFO)
bench = Benchmark.load(sys.argv[1] if len(sys.argv) > 1 else None)
table = bench.measured(next(iter(bench.proxies)))
tied = [row for row, arch in enumerate(table.archs.tolist()) if Architecture(arch).is_tied]
measured = [Architecture(int(table.archs[row])) for row in tied]
if len(measured) == len(Space("tied")):
    space = {name: list(choices) for name, choices in SETS.items()}
    blocks = pd.DataFrame([Space("tied").configuration(block) for block in measured])
else:  # Syne Tune asks for any combination of choices, and a block that was not measured has no answer
    space = {"proxy": [table.proxy], "block": [str(block) for block in measured]}  # it wants at least two columns
    blocks = pd.DataFrame({"proxy": table.proxy, "block": space["block"]})
elapsed = np.cumsum(table.seconds, axis=2)
blackbox = BlackboxTabular(
    hyperparameters=blocks,
    configuration_space={name: choice(choices) for name, choices in space.items()},
    fidelity_space={"epoch": randint(1, table.epochs)},
    objectives_evaluations=np.stack([1 - table.val_top1, elapsed], axis=3)[tied],
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
