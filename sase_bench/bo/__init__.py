"""Bayesian search: surrogate × acquisition over the whole pool, live or on the table, and its comparison with every rival.

`python -m sase_bench.bo` is the command; from Python a search is asked and told:

>>> from sase_bench.bo import find
>>> from sase_bench.search import Pool
>>> from sase_bench.space import Space
>>> search = find("gp")(Pool.of(Space("tied")), 0)
>>> for arch in search.ask(4):
...     search.tell(arch, objective=arch / 117649)
>>> len(search.ask(2))
2
"""

from sase_bench.bo.acquisition import ACQUISITIONS
from sase_bench.bo.bayesian import BayesianSearch
from sase_bench.bo.comparison import Comparison, Plan, compare
from sase_bench.bo.live import Live, Outcome
from sase_bench.bo.objectives import Objective, read_objective
from sase_bench.bo.registry import find, names

__all__ = [
    "ACQUISITIONS",
    "BayesianSearch",
    "Comparison",
    "Live",
    "Objective",
    "Outcome",
    "Plan",
    "compare",
    "find",
    "names",
    "read_objective",
]
