from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sase_bench.errors import RequestError
from sase_bench.query import Answer, ask
from sase_bench.query.language import (
    FORMS,
    AllOf,
    AnyOf,
    Arch,
    Compare,
    Curve,
    Effect,
    Fidelity,
    MetricIs,
    Not,
    OperationIs,
    Pareto,
    Rank,
    Selection,
    Sql,
    Summary,
    Top,
    Word,
)
from sase_bench.query.metrics import METRICS
from sase_bench.query.parser import parse
from sase_bench.space import OPERATIONS, SASE_BLOCK, Architecture

TOP1, LOSS, PARAMS = METRICS["top1"], METRICS["loss"], METRICS["params"]
SMALL = MetricIs(PARAMS, "<", 300_000.0)
GAP = OperationIs("channel_squeeze", "=", "gap")


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("top 10 by top1", Top(count=10, metric=TOP1)),
        ("  TOP\t10 By\nTop1 ", Top(count=10, metric=TOP1)),
        ("bottom 1 by loss", Top(count=1, metric=LOSS, is_best_first=False)),
        (
            "top 10 by top1 in tied on digits where params < 0.3M",
            Top(count=10, metric=TOP1, selection=Selection(where=SMALL, on=Word("digits", 27), space="tied")),
        ),
        ("pareto loss vs params", Pareto(first=LOSS, second=PARAMS)),
        ("arch 54983", Arch(arch=SASE_BLOCK)),
        (f"arch {SASE_BLOCK}", Arch(arch=SASE_BLOCK)),
        ("rank 5 by loss on 'a b'", Rank(arch=Architecture(5), metric=LOSS, selection=Selection(on=Word("a b", 20)))),
        ("compare 5 with 6", Compare(a=Architecture(5), b=Architecture(6))),
        ("curve 5 on digits", Curve(arch=Architecture(5), on=Word("digits", 12))),
        ("fidelity by loss in tied", Fidelity(metric=LOSS, selection=Selection(space="tied"))),
        ("effect channel_gate by loss in full", Effect(slot="channel_gate", metric=LOSS, selection=Selection(space="full"))),
        ("Summary", Summary()),
        ("sql SELECT  'Kept as   it is'\n-- all of it", Sql("SELECT  'Kept as   it is'\n-- all of it")),
        ("SQL select 1", Sql("select 1")),
    ],
)
def test_text_becomes_a_query(text: str, query: object) -> None:
    assert parse(text) == query


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("best 3 by accuracy where acc > 0.3", "top 3 by top1 where top1 > 0.3"),
        ("Worst 2 by ACC", "bottom 2 by top1"),
        ("compare 5 vs 6", "compare 5 with 6"),
    ],
)
def test_common_words_do_as_well(text: str, other: str) -> None:
    assert parse(text) == parse(other)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("compare 5 vs", "the query ends too early; after 'vs' comes an architecture (six operations joined by '/', "
                         "or an index) or a published module"),
        ("compare 5", "the query ends too early; after '5' comes 'with'"),
        ("pareto loss vs", "the query ends too early; after 'vs' comes a metric "
                           "(top1, loss, params, flops, latency, train_seconds, train_loss)"),
        ("best", "the query ends too early; after 'best' comes how many architectures"),
        (" select 'x", "a statement of SQL stands behind the word sql; write: sql select 'x"),
    ],
)  # fmt: skip
def test_what_is_missing_is_told_by_the_words_of_the_help(text: str, message: str) -> None:
    with pytest.raises(RequestError) as error:
        parse(text)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("params<0.3M", SMALL),
        ("params < 300k", SMALL),
        ("params < 300000", SMALL),
        ("params < 3e5", SMALL),
        ("params < .0003 G", SMALL),
        ("top1 >= 57%", MetricIs(TOP1, ">=", 0.57)),
        ("loss != -1.5", MetricIs(LOSS, "!=", -1.5)),
        ("channel_squeeze = GAP", GAP),
        ('channel_squeeze="gap"', GAP),
        ("channel_squeeze != 2nd-order pooling", OperationIs("channel_squeeze", "!=", "2nd-order-pooling")),
        ("not params < 0.3M", Not(SMALL)),
        ("params < 0.3M and channel_squeeze = gap", AllOf((SMALL, GAP))),
        (
            "params < 0.3M or channel_squeeze = gap and not channel_squeeze = gap",
            AnyOf((SMALL, AllOf((GAP, Not(GAP))))),
        ),
        ("(params < 0.3M or channel_squeeze = gap) and params < 0.3M", AllOf((AnyOf((SMALL, GAP)), SMALL))),
        ("not (params < 0.3M or ((channel_squeeze = gap)))", Not(AnyOf((SMALL, GAP)))),
    ],
)
def test_text_becomes_a_condition(text: str, condition: object) -> None:
    query = parse(f"top 1 by loss where {text}")
    assert isinstance(query, Top)
    assert query.selection.where == condition


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.example)
def test_the_examples_of_the_help_are_queries(form: object) -> None:
    assert parse(form.example)  # type: ignore[attr-defined]


def test_fifty_parentheses_are_taken_and_more_are_refused() -> None:
    deep = "top 1 by loss where {}params < 1{}"
    assert parse(deep.format("(" * 50, ")" * 50)) == parse(deep.format("", ""))
    with pytest.raises(RequestError, match="parentheses and nots stand at most 50 deep, more begin at column 21"):
        parse(deep.format("(" * 51, ")" * 51))
    with pytest.raises(RequestError, match="at most 50 deep"):
        parse(deep.format("not " * 2000, ""))
    with pytest.raises(RequestError, match="the query ends too early"):
        parse(deep.format("(" * 9000, ""))


def test_hundreds_of_conditions_side_by_side_are_answered(table: Path) -> None:
    text = " and ".join(["params > 3"] * 300 + ["not channel_gate = affine"] * 100)
    assert len(ask(f"top 9 by loss where {text}", db=table, proxy="digits").rows) == 3


# Words that lead far into the grammar, so that nonsense is found everywhere in it.
WORDS = st.sampled_from(
    [
        *("top", "bottom", "pareto", "arch", "rank", "compare", "curve", "effect", "fidelity", "proxies", "columns", "summary"),
        *("by", "vs", "with", "where", "on", "in", "and", "or", "not", "(", ")", "<", "<=", ">", ">=", "=", "!="),
        *("top1", "loss", "params", "latency", "train_seconds", "digits", "cifar10-8", "tied", "full", "10", "0", "54983"),
        *("-1", "0.3M", "95%", "1e999", "gap", "gap+gmp", "affine", *OPERATIONS, str(SASE_BLOCK)),
        *('"quoted words"', "'", '"', "\x00", "é", "²", "\ud800", "9" * 5000),
    ]
)
SOUPS = st.lists(WORDS, max_size=14).map(" ".join)
SENTENCES = st.tuples(
    st.sampled_from(["top 3 by {}", "bottom 2 by loss where {}", "pareto loss vs {}", "effect {} by loss", "rank {} by top1"]),
    SOUPS,
).map(lambda parts: parts[0].format(parts[1]))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(st.text(max_size=60), SOUPS, SENTENCES))
def test_whatever_is_asked_there_is_an_answer_or_a_request_error(table: Path, text: str) -> None:
    with suppress(RequestError):
        assert isinstance(ask(text, db=table), Answer)
