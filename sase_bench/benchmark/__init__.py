"""The tabular benchmark: a table of runs in arrays, answers in microseconds, and a simulated clock.

A search sees validation scores only; `Benchmark.reveal` shows test scores and counts how often it was asked.
"""

from sase_bench.benchmark.arrays import Measured, Result
from sase_bench.benchmark.benchmark import Benchmark, Curve, Oracle, ProxySize, Revealed
from sase_bench.benchmark.choices import choices, chosen
from sase_bench.benchmark.simulation import Finished, Simulation, Strategy, objective_of
from sase_bench.benchmark.tables import Latency

__all__ = [
    "Benchmark",
    "Curve",
    "Finished",
    "Latency",
    "Measured",
    "Oracle",
    "ProxySize",
    "Result",
    "Revealed",
    "Simulation",
    "Strategy",
    "choices",
    "chosen",
    "objective_of",
]
