"""What can be asked: the queries as values, and the list of their forms. How text becomes a query is in `parser`.

>>> FORMS[0].form
'top N by METRIC [where CONDITION] [on PROXY] [in tied|full]'
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sase_bench.modules import Module
from sase_bench.query.metrics import Metric
from sase_bench.space import Architecture

__all__ = [
    "FORMS",
    "AllOf",
    "AnyOf",
    "Arch",
    "Columns",
    "Compare",
    "Condition",
    "Curve",
    "Effect",
    "Fidelity",
    "Form",
    "MetricIs",
    "Modules",
    "Neighbours",
    "Not",
    "OperationIs",
    "Pareto",
    "Proxies",
    "Query",
    "Rank",
    "SeedsAre",
    "Selection",
    "Sql",
    "Summary",
    "Top",
    "Word",
]


@dataclass(frozen=True)
class Word:
    """A word of the query that only the table can tell the meaning of."""

    text: str
    column: int  # of its first character, from 1


@dataclass(frozen=True)
class MetricIs:
    """A metric compared with a number."""

    metric: Metric
    operator: str  # one of < <= > >= = !=
    value: float


@dataclass(frozen=True)
class OperationIs:
    """A slot compared with an operation."""

    slot: str
    operator: str  # = or !=
    operation: str


@dataclass(frozen=True)
class SeedsAre:
    """The number of seeds that ended ok compared with a number."""

    operator: str  # one of < <= > >= = !=
    value: float


@dataclass(frozen=True)
class Not:
    """A condition turned round. A missing value meets neither a condition nor its opposite."""

    condition: Condition


@dataclass(frozen=True)
class AllOf:
    """Conditions joined by `and`."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class AnyOf:
    """Conditions joined by `or`."""

    conditions: tuple[Condition, ...]


Condition = MetricIs | OperationIs | SeedsAre | Not | AllOf | AnyOf


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which architectures, measured on which proxy."""

    where: Condition | None = None
    on: Word | None = None
    space: str | None = None  # tied, full, or not said: all that was measured


@dataclass(frozen=True, kw_only=True)
class Top:
    """The `count` best or worst architectures."""

    count: int
    metric: Metric
    is_best_first: bool = True
    selection: Selection = field(default_factory=Selection)


@dataclass(frozen=True, kw_only=True)
class Pareto:
    """The architectures that no other one beats in both metrics."""

    first: Metric
    second: Metric
    selection: Selection = field(default_factory=Selection)


@dataclass(frozen=True, kw_only=True)
class Arch:
    """Everything known of one architecture."""

    arch: Architecture


@dataclass(frozen=True, kw_only=True)
class Rank:
    """An architecture's place among all that were measured, or among those of a space."""

    arch: Architecture
    metric: Metric
    selection: Selection = field(default_factory=Selection)


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """The blocks that differ from one in a single slot, or in a single set of the tied space."""

    arch: Architecture
    metric: Metric
    selection: Selection = field(default_factory=Selection)


@dataclass(frozen=True, kw_only=True)
class Compare:
    """Two blocks or published modules side by side."""

    a: Architecture | Module
    b: Architecture | Module
    on: Word | None = None


@dataclass(frozen=True, kw_only=True)
class Curve:
    """The learning curve of a block or a published module."""

    arch: Architecture | Module
    on: Word | None = None


@dataclass(frozen=True, kw_only=True)
class Effect:
    """The marginal mean of every operation of a slot."""

    slot: str
    metric: Metric
    selection: Selection = field(default_factory=Selection)


@dataclass(frozen=True, kw_only=True)
class Fidelity:
    """How well the scores after each epoch agree with those after the last."""

    metric: Metric
    selection: Selection = field(default_factory=Selection)


@dataclass(frozen=True, kw_only=True)
class Modules:
    """Published modules in the place of a block, against the plain trunk and the blocks."""

    metric: Metric
    on: Word | None = None


@dataclass(frozen=True)
class Proxies:
    """The proxies of the table."""


@dataclass(frozen=True)
class Columns:
    """The columns of the table's tables."""


@dataclass(frozen=True)
class Summary:
    """What the table holds."""


@dataclass(frozen=True)
class Sql:
    """A statement in DuckDB's SQL, as it was written."""

    statement: str


Query = (
    Top | Pareto | Arch | Rank | Neighbours | Compare | Curve | Effect | Fidelity | Modules | Proxies | Columns | Summary | Sql
)


@dataclass(frozen=True)
class Form:
    """A form of query as the help shows it."""

    form: str
    meaning: str
    example: str


_CLAUSES = "[where CONDITION] [on PROXY] [in tied|full]"

#: Every form of query. The first word of each is the word that starts it.
FORMS = (
    Form(f"top N by METRIC {_CLAUSES}", "the N best, best first", "top 10 by top1 where params < 0.3M"),
    Form(f"bottom N by METRIC {_CLAUSES}", "the N worst, worst first", "bottom 5 by loss in tied"),
    Form(
        f"pareto METRIC vs METRIC {_CLAUSES}",
        "those that no other beats in both metrics",
        "pareto loss vs flops where not channel_gate = affine",
    ),
    Form("arch TEXT|INDEX", "everything known of one block", "arch gap+gmp/2conv_1x1/affine/p-norm/gap/2conv_3x3"),
    Form(
        "rank TEXT|INDEX by METRIC [on PROXY] [in tied|full]",
        "its place, and the interval of the true one",
        "rank 54983 by loss",
    ),
    Form(
        "neighbours TEXT|INDEX by METRIC [on PROXY] [in tied|full]",
        "what another operation in one slot gains",
        "neighbours 54983 by loss",
    ),
    Form("compare A with B [on PROXY]", "two blocks or modules, paired by seeds", "compare 54983 with 0"),
    Form("curve TEXT|INDEX [on PROXY]", "the learning curve, mean over seeds", "curve 54983"),
    Form(
        f"effect SLOT by METRIC {_CLAUSES}",
        "marginal mean of every operation of a slot",
        "effect channel_squeeze by top1 in tied",
    ),
    Form(
        f"fidelity by METRIC {_CLAUSES}",
        "how well the order after each epoch agrees with the last",
        "fidelity by loss where seeds >= 2",
    ),
    Form("modules by METRIC [on PROXY]", "published modules against the plain trunk and the blocks", "modules by loss"),
    Form("proxies", "the proxies of the table", "proxies"),
    Form("columns", "every column of every table, with type, unit and direction", "columns"),
    Form("summary", "what the table holds", "summary"),
    Form("sql SELECT ...", "DuckDB's SQL, read-only, without files and network", "sql SELECT count(*) FROM runs"),
)
