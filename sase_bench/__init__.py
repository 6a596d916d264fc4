"""sase-bench: a benchmark of squeeze-and-excitation attention blocks, and the place to find a good one.

>>> from sase_bench import Architecture, Space
>>> Space("tied").sample(1, seed=0)[0] in Space("full")
True
"""

from sase_bench.benchmark import Benchmark
from sase_bench.space import Architecture, Space
from sase_bench.version import __version__

__all__ = ["Architecture", "Benchmark", "Space", "__version__"]
