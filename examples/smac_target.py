"""SMAC3: the table as a target function."""

import sys
import tempfile

from ConfigSpace import ConfigurationSpace
from smac import HyperparameterOptimizationFacade, Scenario

from sase_bench import Benchmark
from sase_bench.benchmark import choices, chosen

bench = Benchmark.load(sys.argv[1] if len(sys.argv) > 1 else None)
proxy = next(iter(bench.proxies))


def target(config, seed: int = 0) -> float:  # noqa: ANN001
    """Validation loss; infinite for a block without a score."""
    score = bench.query(chosen(dict(config)), proxy).val_loss
    return float("inf") if score is None else score


space = ConfigurationSpace(choices(bench.measured(proxy).archs), seed=0)
with tempfile.TemporaryDirectory() as folder:
    scenario = Scenario(space, deterministic=True, n_trials=15, output_directory=folder)
    best = HyperparameterOptimizationFacade(scenario, target, logging_level=False, overwrite=True).optimize()
print(f"{target(best):.4f}", {name: str(value) for name, value in dict(best).items()})
