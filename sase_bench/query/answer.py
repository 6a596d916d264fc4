"""An answer: a small typed table, with remarks for the reader.

>>> answer = Answer(fields=fields("place", "arch", "val_top1"), rows=((1, 54983, 0.975),))
>>> answer.columns, answer.records()
(('place', 'arch', 'val_top1'), [{'place': 1, 'arch': 54983, 'val_top1': 0.975}])
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Answer", "Field", "Style", "fields"]

#: How a column is written for a person; programs get the value itself.
Style = Literal["text", "plain", "count", "score", "seconds", "latency", "flag", "raw"]

_TYPES: dict[Style, str] = {
    "text": "VARCHAR",
    "plain": "BIGINT",
    "count": "BIGINT",
    "score": "DOUBLE",
    "seconds": "DOUBLE",
    "latency": "DOUBLE",
    "flag": "BOOLEAN",
}

#: Every column that the program's own answers can have. A score is missing where nothing was measured.
_STYLES: dict[Style, str] = {
    "text": """
        text digits channel_squeeze channel_excite channel_gate gated_squeeze spatial_squeeze spatial_excite
        proxy trunk reasons metric unit a_text b_text slot module operation dataset description table column type better split
        best_val_loss_text best_test_loss_text best_val_top1_text best_test_top1_text
    """,
    "plain": """
        arch a_arch b_arch place of year epoch epochs resolution place_low place_high
        best_val_loss_arch best_test_loss_arch best_val_top1_arch best_test_top1_arch
    """,
    "count": """
        params flops resnet50_params resnet50_flops
        architectures measured runs seeds ok diverged failed pairs a_seeds b_seeds train_size val_size test_size
        blocks blocks_ahead seeds_min seeds_max tied tied_of full full_of
        best_val_loss_seeds best_test_loss_seeds best_val_top1_seeds best_test_top1_seeds
    """,
    "score": """
        val_top1 val_top1_sd val_loss val_loss_sd test_top1 test_top1_sd test_loss test_loss_sd train_loss
        reliability reliability_low reliability_high divergence_rate gain gain_low gain_high share correlation
        value seed_sd mean low high difference a a_sd b b_sd best_val_loss best_test_loss best_val_top1 best_test_top1
    """,
    "seconds": "train_seconds train_seconds_sd median_train_seconds",
    "latency": "latency",
    "flag": "is_tied predicted",
}


@dataclass(frozen=True)
class Field:
    """A column of an answer."""

    name: str
    type: str  # in DuckDB
    style: Style


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Rows under typed columns; `None` is a missing value.

    The first `shared` columns hold the same in every row: text for people shows them once, above the table. It also turns an
    `upright` table, a line for each column.
    """

    fields: tuple[Field, ...]
    rows: tuple[tuple[Any, ...], ...]
    notes: tuple[str, ...] = ()  # for stderr, a line each
    shared: int = 0
    upright: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(field.name for field in self.fields)

    def records(self) -> list[dict[str, Any]]:
        """The rows as mappings from column to value."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


_FIELDS = {name: Field(name, _TYPES[style], style) for style, names in _STYLES.items() for name in names.split()}


def fields(*names: str) -> tuple[Field, ...]:
    """The declared columns with these names."""
    return tuple(_FIELDS[name] for name in names)
