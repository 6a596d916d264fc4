"""A condition as SQL over the columns of the relation `measured`. What a user wrote travels as bound parameters only.

>>> from sase_bench.query.parser import parse
>>> to_sql(parse("top 1 by loss where top1 > 95% and not channel_gate = affine").selection.where, test=False)
('(val_top1 > ? AND (NOT channel_gate = ?))', [0.95, 'affine'])
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from sase_bench.query.language import AllOf, AnyOf, Condition, MetricIs, Not, OperationIs, SeedsAre
from sase_bench.query.metrics import Metric

__all__ = ["compares_runs", "metrics_in", "to_sql"]


def to_sql(condition: Condition, *, test: bool) -> tuple[str, list[float | str]]:
    """The text of the condition and its parameters in order; with `test`, scores are those on the test images."""
    match condition:
        case MetricIs(metric, operator, value):
            return f"{metric.column(test=test)} {operator} ?", [value]
        case SeedsAre(operator, value):
            return f"seeds {operator} ?", [value]
        case OperationIs(slot, operator, operation):
            return f"{slot} {operator} ?", [operation]
        case Not(inner):
            text, parameters = to_sql(inner, test=test)
            return f"(NOT {text})", parameters
        case AllOf(conditions) | AnyOf(conditions):
            parts = [to_sql(part, test=test) for part in conditions]
            word = " AND " if isinstance(condition, AllOf) else " OR "
            return f"({word.join(text for text, _ in parts)})", list(chain.from_iterable(values for _, values in parts))


def compares_runs(condition: Condition | None) -> bool:
    """Whether the condition asks for anything that only a block with runs has: a score, a time, a number of seeds."""
    match condition:
        case MetricIs(metric, _, _):
            return metric.is_of_run
        case SeedsAre():
            return True
        case Not(inner):
            return compares_runs(inner)
        case AllOf(conditions) | AnyOf(conditions):
            return any(map(compares_runs, conditions))
    return False


def metrics_in(condition: Condition | None) -> Iterator[Metric]:
    """Every metric that the condition compares, in order."""
    match condition:
        case MetricIs(metric, _, _):
            yield metric
        case Not(inner):
            yield from metrics_in(inner)
        case AllOf(conditions) | AnyOf(conditions):
            for part in conditions:
                yield from metrics_in(part)
