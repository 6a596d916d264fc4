"""From text to a query, by the LALR grammar of `grammar.lark`; what is refused is pointed at, with the choices.

>>> parse("top 3 by loss where params < 0.3M").metric.val_column
'val_loss'
>>> parse("top 3 by los")  # doctest: +ELLIPSIS
Traceback (most recent call last):
sase_bench.errors.RequestError: unknown metric 'los' at column 10; choose from top1, loss, params, ...
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedToken, v_args

from sase_bench.errors import RequestError
from sase_bench.modules import Module, parse_attention
from sase_bench.query import language
from sase_bench.query.language import FORMS, Condition, Query, Selection, Word
from sase_bench.query.metrics import METRICS, Metric, find_metric
from sase_bench.query.refusals import column_of, refuse, shown, unexpected
from sase_bench.space import OPERATIONS, SPACES, Architecture, Space

__all__ = ["parse"]

_LONGEST = 10_000  # characters of a query
_DEEPEST = 50  # parentheses and `not`s inside each other

_SEEDS = "seeds"  # what a condition compares beside metrics and slots

_NUMBER = re.compile(r"([+-]?(?:\d{1,300}\.?\d{0,300}|\.\d{1,300}))(?:e([+-]?\d{1,3}))?\s*([kmg%]?)", re.ASCII | re.IGNORECASE)
_POWERS = {"": 0, "k": 3, "m": 6, "g": 9, "%": -2}


def parse(text: str) -> Query:
    """The query that `text` asks. Raises `RequestError` with the place of what cannot be understood."""
    if len(text) > _LONGEST:
        raise RequestError(f"a query has at most {_LONGEST:,} characters, got {len(text):,}")
    if not text.strip():
        raise RequestError(f"nothing was asked; for example: {FORMS[0].example}")
    if any("\ud800" <= character <= "\udfff" for character in text):  # bytes of a command line that are not UTF-8
        raise RequestError("the query is not valid Unicode text")
    if text.split(maxsplit=1)[0].lower() == "select":
        raise RequestError(f"a statement of SQL stands behind the word sql; write: sql {shown(text.strip())}")
    parser = _grammar()
    try:
        tokens = list(parser.lex(text))
    except UnexpectedCharacters as error:
        position: Any = error.pos_in_stream
        what = "is never closed" if error.char in "\"'" else "was not expected"
        raise RequestError(f"the {error.char!r} at column {position + 1} {what}") from None
    state, before, token = parser.parse_interactive(), None, None
    verb = tokens[0].type if tokens else None
    try:
        for token in tokens:
            state.feed_token(token)
            before = token
        token = None
        query: Query = state.feed_eof(before)  # type: ignore[no-untyped-call]
    except UnexpectedToken:
        raise unexpected(token, before, state.accepts(), verb) from None  # type: ignore[no-untyped-call]
    return query


@cache
def _grammar() -> Lark:
    grammar = files("sase_bench.query").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer="basic", transformer=_Builder())


Clause = tuple[Token, Any]
Nested = tuple[Condition, int]  # a condition and how deep it is


@v_args(inline=True)
class _Builder(Transformer[Token, Query]):
    """Called by the parser as it recognises each rule of the grammar."""

    def start(self, query: Query) -> Query:
        return query

    def top(self, verb: Token, count: Word, metric: Metric, *clauses: Clause) -> Query:
        size, digits = len(Space("full")), count.text
        if not (digits.isascii() and digits.isdecimal() and len(digits) < 10 and 1 <= int(digits) <= size):
            raise RequestError(
                f"{verb.lower()} takes a whole number from 1 to {size}, got {shown(digits)!r} at column {count.column}"
            )
        selection = _selection(clauses)
        return language.Top(count=int(digits), metric=metric, is_best_first=verb.type in ("TOP", "BEST"), selection=selection)

    def pareto(self, first: Metric, second: Metric, *clauses: Clause) -> Query:
        if first is second:
            raise RequestError(f"pareto takes two different metrics, got {first.name} twice")
        return language.Pareto(first=first, second=second, selection=_selection(clauses))

    def arch(self, arch: Architecture) -> Query:
        return language.Arch(arch=arch)

    def rank(self, arch: Architecture, metric: Metric, *clauses: Clause) -> Query:
        return language.Rank(arch=arch, metric=metric, selection=_selection(clauses))

    def neighbours(self, verb: Token, arch: Architecture, metric: Metric, *clauses: Clause) -> Query:
        return language.Neighbours(arch=arch, metric=metric, selection=_selection(clauses))

    def compare(self, a: Architecture | Module, b: Architecture | Module, *clauses: Clause) -> Query:
        return language.Compare(a=a, b=b, on=_selection(clauses).on)

    def curve(self, arch: Architecture | Module, *clauses: Clause) -> Query:
        return language.Curve(arch=arch, on=_selection(clauses).on)

    def effect(self, slot: Word, metric: Metric, *clauses: Clause) -> Query:
        if slot.text.lower() not in OPERATIONS:
            raise refuse("slot", slot, OPERATIONS)
        return language.Effect(slot=slot.text.lower(), metric=metric, selection=_selection(clauses))

    def fidelity(self, metric: Metric, *clauses: Clause) -> Query:
        return language.Fidelity(metric=metric, selection=_selection(clauses))

    def modules(self, metric: Metric, *clauses: Clause) -> Query:
        return language.Modules(metric=metric, on=_selection(clauses).on)

    def proxies(self) -> Query:
        return language.Proxies()

    def columns(self) -> Query:
        return language.Columns()

    def summary(self) -> Query:
        return language.Summary()

    def sql(self, text: Token) -> Query:
        statement = text.strip()[len("sql") :].strip()
        if not statement:
            raise RequestError(f"sql takes a statement; for example: {FORMS[-1].example}")
        return language.Sql(statement)

    def where(self, keyword: Token, nested: Nested) -> Clause:
        return keyword, nested[0]

    def proxy(self, keyword: Token, name: Word) -> Clause:
        return keyword, name

    def space(self, keyword: Token, name: Word) -> Clause:
        if name.text.lower() not in SPACES:
            raise refuse("space", name, SPACES)
        return keyword, name.text.lower()

    def any_of(self, *parts: Nested) -> Nested:
        return parts[0] if len(parts) == 1 else (language.AnyOf(tuple(part for part, _ in parts)), _deepest(parts))

    def all_of(self, *parts: Nested) -> Nested:
        return parts[0] if len(parts) == 1 else (language.AllOf(tuple(part for part, _ in parts)), _deepest(parts))

    def negated(self, keyword: Token, nested: Nested) -> Nested:
        return language.Not(nested[0]), _deeper(keyword, nested)

    def nested(self, bracket: Token, nested: Nested) -> Nested:
        return nested[0], _deeper(bracket, nested)

    def comparison(self, subject: Word, operator: Token, value: Word) -> Nested:
        name = subject.text.lower()
        metric = find_metric(name)
        if metric is not None:
            return language.MetricIs(metric, str(operator), _possible(metric, value)), 0
        if name == _SEEDS:
            return language.SeedsAre(str(operator), _number(value)), 0
        if name not in OPERATIONS:
            raise RequestError(
                f"unknown metric or slot {shown(subject.text)!r} at column {subject.column}; "
                f"choose from {', '.join([*METRICS, _SEEDS, *OPERATIONS])}"
            )
        if operator not in ("=", "!="):
            raise RequestError(f"an operation is only compared by = and !=, got '{operator}' at column {column_of(operator)}")
        return language.OperationIs(name, str(operator), _operation(name, value)), 0

    def metric(self, word: Word) -> Metric:
        metric = find_metric(word.text)
        if metric is None:
            raise refuse("metric", word, METRICS)
        return metric

    def block(self, text: Word) -> Architecture:
        return _pointed_at(text, _block)

    def subject(self, text: Word) -> Architecture | Module:
        return _pointed_at(text, parse_attention)

    def name(self, token: Token) -> Word:
        return self.words(token)

    def words(self, *tokens: Token) -> Word:
        text = " ".join(token[1:-1] if token.type == "QUOTED" else str(token) for token in tokens)
        return Word(text.strip(), column_of(tokens[0]) + (tokens[0].type == "QUOTED"))


def _selection(clauses: Iterable[Clause]) -> Selection:
    given: dict[str, Any] = {}
    for keyword, value in clauses:
        name = {"WHERE": "where", "ON": "on", "IN": "space"}[keyword.type]
        if name in given:
            raise RequestError(f"{keyword.lower()!r} is given again at column {column_of(keyword)}; each clause stands once")
        given[name] = value
    return Selection(**given)


def _deepest(parts: Iterable[Nested]) -> int:
    return max(depth for _, depth in parts)


def _deeper(token: Token, nested: Nested) -> int:
    if nested[1] >= _DEEPEST:
        raise RequestError(f"parentheses and nots stand at most {_DEEPEST} deep, more begin at column {column_of(token)}")
    return nested[1] + 1


Named = TypeVar("Named", Architecture, Architecture | Module)


def _pointed_at(text: Word, parse: Callable[[str], Named]) -> Named:
    """What `parse` makes of a word, or its error with the place."""
    parts, column = text.text.split("/"), text.column
    if len(parts) == len(OPERATIONS):  # point at the operation, not only at the block
        for slot, part in zip(OPERATIONS, parts, strict=True):
            _operation(slot, Word(part.strip(), column + len(part) - len(part.lstrip())))
            column += len(part) + 1
    try:
        return parse(text.text)
    except RequestError as error:
        raise RequestError(f"{error} at column {text.column}") from None


def _block(text: str) -> Architecture:
    try:
        found = parse_attention(text)
    except RequestError:
        return Architecture.parse(text)  # whose error speaks of blocks alone
    if isinstance(found, Module):
        asked = f"modules by METRIC, curve {found}, compare {found} with BLOCK"
        raise RequestError(f"{found} is a published module, which has: {asked}; a block is expected")
    return found


def _operation(slot: str, word: Word) -> str:
    name = word.text.lower().replace(" ", "-")
    if name not in OPERATIONS[slot]:
        raise refuse(f"{slot} operation", word, OPERATIONS[slot])
    return name


def _possible(metric: Metric, word: Word) -> float:
    """The number that a metric is compared with. Raises `RequestError` for one that no run can have, as 43 for 43%."""
    value = _number(word)
    if metric.high is not None and value > metric.high:
        written = f"{value:g}%" if value <= 100 * metric.high else "for example 43% or 0.43"
        raise RequestError(
            f"{metric.name} is a {metric.unit}, got {shown(word.text)!r} at column {word.column}; write {written}"
        )
    return value


def _number(word: Word) -> float:
    match = _NUMBER.fullmatch(word.text)
    if match is None:
        raise RequestError(
            f"not a number: {shown(word.text)!r} at column {word.column}; write for example 0.95, 95%, 20k or 0.3M"
        )
    mantissa, exponent, suffix = match.groups()
    value = float(f"{mantissa}e{int(exponent or 0) + _POWERS[suffix.lower()]}")
    if abs(value) > 1e300:
        raise RequestError(f"the number {shown(word.text)!r} at column {word.column} is too large")
    return value
