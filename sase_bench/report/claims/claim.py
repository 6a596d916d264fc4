"""A sentence on the first screen, and what it rests on."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Claim", "Table"]


class Table(NamedTuple):
    """Cells under their columns."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Claim(NamedTuple):
    """What is said, for a reader who knows nothing of the project; what it rests on; and what prints its numbers."""

    headline: str  # a sentence
    text: str
    command: str  # several, a line each
    table: Table | None = None
