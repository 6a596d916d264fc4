"""sase-bench: a benchmark of squeeze-and-excitation attention blocks, and the place to find a good one.

>>> from sase_bench import Architecture, Space
>>> Space("tied").sample(1, seed=0)[0] in Space("full")
True
"""

from sase_bench.space import Architecture, Space

__all__ = ["Architecture", "Space", "__version__"]

__version__ = "0.1.0"
