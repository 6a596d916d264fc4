"""The drawings behind the figures: plain values in, marks on an empty matplotlib figure out. Every axis says its unit and n."""

from sase_bench.report.plots.models import interactions, predictors
from sase_bench.report.plots.modules import gains, modules, price, shown_on, transfer
from sase_bench.report.plots.scores import curves, effects, neighbours, pareto, place, tied_effects
from sase_bench.report.plots.searches import ranked, ranks, regret
from sase_bench.report.plots.trust import agreement, fidelity, reliability

__all__ = [
    "agreement",
    "curves",
    "effects",
    "fidelity",
    "gains",
    "interactions",
    "modules",
    "neighbours",
    "pareto",
    "place",
    "predictors",
    "price",
    "ranked",
    "ranks",
    "regret",
    "reliability",
    "shown_on",
    "tied_effects",
    "transfer",
]
