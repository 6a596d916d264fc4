"""What a reader is told about a word that does not fit: where it stands, what it is, what could stand there instead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lark import Token

from sase_bench.errors import RequestError, unknown
from sase_bench.query.language import FORMS, Word
from sase_bench.query.metrics import METRICS
from sase_bench.space import OPERATIONS, SPACES

__all__ = ["column_of", "refuse", "shown", "unexpected"]

_VERBS = tuple(dict.fromkeys(form.form.split()[0] for form in FORMS))
_METRIC = f"a metric ({', '.join(METRICS)})"
_SLOT = f"a slot ({', '.join(OPERATIONS)})"
_BLOCK = "an architecture (six operations joined by '/', or an index)"
_SUBJECT = f"{_BLOCK} or a published module"
_COMPARED = f"{_METRIC}, seeds or {_SLOT}"

#: What a WORD of the grammar means, by the kind of token before it.
_WANTED = {
    "TOP": "how many architectures",
    "BEST": "how many architectures",
    "BOTTOM": "how many architectures",
    "WORST": "how many architectures",
    "PARETO": _METRIC,
    "BY": _METRIC,
    "VS": _METRIC,
    "ARCH": _BLOCK,
    "RANK": _BLOCK,
    "NEIGHBOURS": _BLOCK,
    "NEIGHBORS": _BLOCK,
    "COMPARE": _SUBJECT,
    "WITH": _SUBJECT,
    "CURVE": _SUBJECT,
    "EFFECT": _SLOT,
    "ON": "a proxy",
    "IN": f"a space ({', '.join(SPACES)})",
    "WHERE": _COMPARED,
    "AND": _COMPARED,
    "OR": _COMPARED,
    "NOT": _COMPARED,
    "LPAR": _COMPARED,
    "OPERATOR": "a number or an operation",
}

#: Other kinds of token, where the lower-case name would not do.
_PLAIN = {"$END": "the end of the query", "OPERATOR": "one of < <= > >= = !=", "RPAR": "')'"}


def refuse(kind: str, word: Word, choices: Iterable[str]) -> RequestError:
    """`errors.unknown`, with the place of the word."""
    head, _, listed = str(unknown(kind, shown(word.text), choices)).rpartition("; ")
    return RequestError(f"{head} at column {word.column}; {listed}")


def unexpected(token: Token | None, before: Token | None, accepted: set[str], verb: str | None) -> RequestError:
    """The error for a token that cannot stand after `before`, where the kinds `accepted` can; None = an end of the query.

    `verb` is the kind of the first token.
    """
    if token is not None and before is None:
        return RequestError(f"unknown query {shown(token)!r} at column {column_of(token)}; start with {_listed(_VERBS)}")
    kind = "" if before is None else before.type
    if verb == "COMPARE":  # where `vs` is another word for `with`
        kind, accepted = {"VS": "WITH"}.get(kind, kind), accepted - {"VS"}
    wanted = [_WANTED[kind]] if kind in _WANTED else []
    hidden = {"WORD", "QUOTED", "LPAR", "NOT"} if wanted else {"WORD", "QUOTED"}
    others = sorted(accepted - hidden, key=lambda name: (name == "$END", name))
    expected = _listed([*wanted, *(_PLAIN.get(name, repr(name.lower())) for name in others)])
    if token is None:
        return RequestError(f"the query ends too early; after {str(before)[-_SHOWN:]!r} comes {expected}")
    return RequestError(f"unexpected {shown(token)!r} at column {column_of(token)}; expected {expected}")


_SHOWN = 60  # characters of a word that an error repeats


def shown(text: str) -> str:
    """As much of a word as an error repeats."""
    return str(text) if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def column_of(token: Token) -> int:
    """Where a token starts, from 1."""
    return (token.start_pos or 0) + 1


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
