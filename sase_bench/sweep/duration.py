"""Lengths of time as a person writes them, and as they are told to one.

>>> read_duration("1.5h"), duration(5400)
(5400.0, '1.5 h')
"""

from __future__ import annotations

import re

from sase_bench.errors import RequestError

__all__ = ["duration", "read_duration"]

_UNITS = {"s": 1, "m": 60, "h": 3600}


def read_duration(text: str) -> float:
    """Seconds in `90s`, `30m`, `1.5h`. Raises `RequestError` for anything else, and for no time at all."""
    match = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)([smh])", text.strip().lower())
    if match is None or float(match[1]) == 0:
        raise RequestError(f"a time is a number with s, m or h (90s, 30m, 2h), got {text!r}")
    return float(match[1]) * _UNITS[match[2]]


def duration(seconds: float) -> str:
    """`seconds` for a person: 45 s, 12 min, 3.4 h, 2.1 days."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"
