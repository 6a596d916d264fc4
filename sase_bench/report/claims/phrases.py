"""Turns of phrase that several parts of a report share."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["listed", "verb"]


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def verb(names: Sequence[str]) -> str:
    """What follows them: is, or are."""
    return "is" if len(names) == 1 else "are"
