"""Optuna: a study whose trials ask the table; a block that was not measured is a pruned trial."""

import sys

import optuna

from sase_bench import Architecture, Benchmark
from sase_bench.errors import RequestError
from sase_bench.space import SETS

bench = Benchmark.load(sys.argv[1] if len(sys.argv) > 1 else None)
proxy = next(iter(bench.proxies))


def objective(trial: optuna.Trial) -> float:
    """Validation accuracy, mean over the seeds."""
    arch = Architecture.from_operations({name: trial.suggest_categorical(name, choices) for name, choices in SETS.items()})
    try:
        score = bench.query(arch, proxy).val_top1
    except RequestError as error:
        raise optuna.TrialPruned(str(error)) from error
    return float("nan") if score is None else score  # Optuna's word for a failed trial


study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))
study.optimize(objective, n_trials=30)
print(study.best_value, study.best_params)
