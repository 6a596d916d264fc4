"""Searches compared on one table: all strategies, many times, and what can be said of them.

`runs` makes the repeats, `regret` and `certainty` say what they are worth, `standings` and `bars` judge them, `summary` is all
of it as plain values, and `rendering` tells it to a person.
"""

from sase_bench.bo.comparison.regret import Trajectory, Truth
from sase_bench.bo.comparison.runs import Comparison, Plan, Runs, compare
from sase_bench.bo.comparison.summary import Summary, summarise

__all__ = ["Comparison", "Plan", "Runs", "Summary", "Trajectory", "Truth", "compare", "summarise"]
