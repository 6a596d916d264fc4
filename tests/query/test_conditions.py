"""Conditions in SQL against the same conditions in Python, on every architecture measured."""

import operator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sase_bench.cost import count
from sase_bench.database import connect
from sase_bench.query.conditions import metrics_in, to_sql
from sase_bench.query.language import AllOf, AnyOf, Condition, MetricIs, Not, OperationIs, Selection
from sase_bench.query.metrics import METRICS
from sase_bench.query.relation import Source, relation_on
from sase_bench.space import OPERATIONS, Architecture, Space
from tests.query.tables import run, write
from tests.records import DIGITS

OPERATORS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "!=": operator.ne}
BLOCKS = Space("full").sample(40, seed=5)
TOP1 = dict(zip((block.index for block in BLOCKS), (1 + np.arange(40) % 8) / 16, strict=True))

metrics = st.builds(
    MetricIs,
    st.sampled_from([METRICS[name] for name in ("top1", "loss", "params")]),
    st.sampled_from(sorted(OPERATORS)),
    st.sampled_from([0.0, 0.25, 0.5, 1.75, 20_000.0, 30_000.0]),
)
operations = st.sampled_from(sorted(OPERATIONS)).flatmap(
    lambda slot: st.builds(OperationIs, st.just(slot), st.sampled_from(["=", "!="]), st.sampled_from(OPERATIONS[slot]))
)
conditions = st.recursive(
    metrics | operations,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(AllOf, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


def holds(condition: Condition, block: Architecture) -> bool:
    match condition:
        case MetricIs(metric, name, value):
            top1 = TOP1[block.index]
            params = int(count(DIGITS.trunk, [block]).params[0])
            return bool(OPERATORS[name]({"top1": top1, "loss": 2 - top1, "params": params}[metric.name], value))
        case OperationIs(slot, name, operation):
            return bool(OPERATORS[name](block.operations[slot], operation))
        case Not(inner):
            return not holds(inner, block)
        case AllOf(parts):
            return all(holds(part, block) for part in parts)
        case AnyOf(parts):
            return any(holds(part, block) for part in parts)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    records = [run(arch, 0, float(top1), 2 - float(top1), 1.0) for arch, top1 in TOP1.items()]
    return write(tmp_path_factory.mktemp("conditions") / "table.duckdb", records)


def test_conditions_hold_in_sql_where_they_hold_in_python(many: Path) -> None:
    with connect(many) as connection:
        measured = relation_on(Source(connection=connection, path=many), None)

        @settings(max_examples=60, deadline=None)
        @given(condition=conditions)
        def check(condition: Condition) -> None:
            found = measured.rows(["arch"], Selection(where=condition), tail="ORDER BY arch")
            assert [arch for (arch,) in found] == sorted(block.index for block in BLOCKS if holds(condition, block))

        check()


def test_what_was_written_travels_as_parameters_only() -> None:
    condition = AllOf((MetricIs(METRICS["top1"], ">", 0.5), Not(OperationIs("channel_gate", "=", "'; DROP TABLE runs"))))
    assert to_sql(condition, test=True) == ("(test_top1 > ? AND (NOT channel_gate = ?))", [0.5, "'; DROP TABLE runs"])
    assert list(metrics_in(AnyOf((condition, MetricIs(METRICS["loss"], "<", 1.0))))) == [METRICS["top1"], METRICS["loss"]]
    loss = Not(MetricIs(METRICS["loss"], "<", 1.0))
    assert to_sql(loss, test=True) == ("(NOT test_loss < ?)", [1.0])
    assert list(metrics_in(loss)) == [METRICS["loss"]]
    assert list(metrics_in(None)) == []
