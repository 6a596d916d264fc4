"""An answer: a small typed table, with remarks for the reader.

>>> answer = Answer(fields=(*styled("plain", "place", "arch"), *styled("score", "val_top1")), rows=((1, 54983, 0.975),))
>>> answer.columns, answer.records()
(('place', 'arch', 'val_top1'), [{'place': 1, 'arch': 54983, 'val_top1': 0.975}])
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Answer", "Field", "Style", "styled"]

#: How a column is written for a person; programs get the value itself. `digits`: four significant ones.
Style = Literal["text", "plain", "count", "score", "seconds", "digits", "flag", "raw"]

_TYPES: dict[Style, str] = {
    "text": "VARCHAR",
    "plain": "BIGINT",
    "count": "BIGINT",
    "score": "DOUBLE",
    "seconds": "DOUBLE",
    "digits": "DOUBLE",
    "flag": "BOOLEAN",
}


@dataclass(frozen=True)
class Field:
    """A column of an answer."""

    name: str
    type: str  # in DuckDB
    style: Style


def styled(style: Style, *names: str) -> tuple[Field, ...]:
    """Columns that are all written in one style, which is not "raw": that is for any type."""
    return tuple(Field(name, _TYPES[style], style) for name in names)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Rows under typed columns; `None` is a missing value.

    Text for people begins with the title. The first `shared` columns hold the same in every row: there they are shown once,
    above the table. An `upright` table is turned, a line for each column.
    """

    fields: tuple[Field, ...]
    rows: tuple[tuple[Any, ...], ...]
    title: str = ""
    notes: tuple[str, ...] = ()  # for stderr, a line each
    shared: int = 0
    upright: bool = False

    @classmethod
    def of(cls, records: Sequence[Mapping[str, Any]]) -> Answer:
        """Records with the same keys, one at least, for a program: nothing is said of how a person would read them."""
        fields = tuple(Field(name, "VARCHAR", "raw") for name in records[0])
        return cls(fields=fields, rows=tuple(tuple(record.values()) for record in records))

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(field.name for field in self.fields)

    def records(self) -> list[dict[str, Any]]:
        """The rows as mappings from column to value."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]
