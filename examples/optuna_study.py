"""Optuna: a study whose trials ask the table, with Optuna's own sampler."""

import sys

import optuna

from sase_bench import Benchmark
from sase_bench.benchmark import choices, chosen

bench = Benchmark.load(sys.argv[1] if len(sys.argv) > 1 else None)
proxy = next(iter(bench.proxies))
space = choices(bench.measured(proxy).archs)


def objective(trial: optuna.Trial) -> float:
    """Validation loss, mean over the seeds."""
    arch = chosen({name: trial.suggest_categorical(name, values) for name, values in space.items()})
    score = bench.query(arch, proxy).val_loss
    return float("nan") if score is None else score  # Optuna's word for a failed trial


optuna.logging.set_verbosity(optuna.logging.WARNING)
study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
study.optimize(objective, n_trials=20)
print(f"{study.best_value:.4f} {study.best_params}")
