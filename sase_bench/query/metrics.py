"""The metrics that a query can ask for: what the tables call them, their unit and which way is better.

What a run measures is declared in `sase_bench.record`; costs are declared here.

>>> METRICS["top1"].column(test=False), METRICS["top1"].better, METRICS["top1"].unit
('val_top1', 'larger', 'fraction 0..1')
>>> METRICS["params"].better, METRICS["params"].is_of_run
('smaller', False)
"""

from __future__ import annotations

from dataclasses import dataclass

from sase_bench.recipes.registry import metric_of
from sase_bench.record import COLUMNS, SIGNS, Better

__all__ = ["METRICS", "Metric", "find_metric", "ranking_metric"]


@dataclass(frozen=True, kw_only=True)
class Metric:
    """Something by which architectures are ranked."""

    name: str  # in a query
    val_column: str  # in tables and answers
    test_column: str | None  # the same on the test images, for a score
    unit: str
    better: Better
    high: float | None = None  # the largest value that can be true
    is_of_run: bool  # every run has its own value, so there is a spread over seeds
    description: str

    def column(self, *, test: bool) -> str:
        """The column that holds it; with `test` that of the test images, where there is one."""
        return self.test_column if test and self.test_column else self.val_column

    @property
    def sign(self) -> int:
        """What a value is multiplied by so that smaller is better."""
        return SIGNS[self.better]

    @property
    def order(self) -> str:
        """The SQL ordering that puts the best first."""
        return "DESC" if self.better == "larger" else "ASC"


def _of_run(name: str, column: str, test_column: str | None = None) -> Metric:
    declared = COLUMNS[column]
    if declared.better is None:
        raise TypeError(f"the column {column} has no direction of improvement")
    return Metric(
        name=name,
        val_column=column,
        test_column=test_column,
        unit=declared.unit,
        better=declared.better,
        high=declared.high,
        is_of_run=True,
        description=declared.description,
    )


def _cost(name: str, unit: str, description: str) -> Metric:
    return Metric(
        name=name,
        val_column=name,
        test_column=None,
        unit=unit,
        better="smaller",
        is_of_run=False,
        description=description,
    )


#: Every metric by the name it has in a query.
METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        _of_run("top1", "val_top1", "test_top1"),
        _of_run("loss", "val_loss", "test_loss"),
        _cost("params", "parameters", "learnable numbers of the whole network"),
        _cost("flops", "multiply-accumulates", "multiply-accumulates of the whole network for one image"),
        _cost("latency", "s", "median time of one forward pass of the whole network; `about` says how it was taken"),
        _of_run("train_seconds", "train_seconds"),
        _of_run("train_loss", "train_loss"),
    )
}

_SPELLINGS = (
    METRICS | {metric.val_column: metric for metric in METRICS.values()} | dict.fromkeys(("accuracy", "acc"), METRICS["top1"])
)


def find_metric(name: str) -> Metric | None:
    """The metric called `name` in any case; the headers val_top1 and val_loss do as well, and accuracy and acc for top1."""
    return _SPELLINGS.get(name.lower())


def ranking_metric(proxy: str) -> Metric:
    """What the proxy ranks by."""
    return _SPELLINGS[metric_of(proxy)]
