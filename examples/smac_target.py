"""SMAC3: the table as a target function over the ConfigSpace of the tied blocks."""

import sys
import tempfile

from smac import HyperparameterOptimizationFacade, Scenario

from sase_bench import Architecture, Benchmark, Space
from sase_bench.errors import RequestError

bench = Benchmark.load(sys.argv[1] if len(sys.argv) > 1 else None)
proxy = next(iter(bench.proxies))


def target(config, seed: int = 0) -> float:  # noqa: ANN001
    """1 - accuracy; 1 for a block without a score."""
    try:
        score = bench.query(Architecture.from_operations(dict(config)), proxy).val_top1
    except RequestError:
        score = None
    return 1.0 if score is None else 1 - score


with tempfile.TemporaryDirectory() as folder:
    scenario = Scenario(Space("tied").configuration_space(), deterministic=True, n_trials=15, output_directory=folder)
    best = HyperparameterOptimizationFacade(scenario, target, logging_level=False, overwrite=True).optimize()
print(target(best), dict(best))
