"""One value of an answer: as JSON and CSV can hold it, and as a person reads it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from sase_bench.answers.answer import Field, Style

__all__ = ["NUMBERS", "decimals", "plain", "printable", "read", "scalar"]

#: Types of DuckDB that are numbers, without what stands in brackets.
NUMBERS = {
    *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"),
    *("FLOAT", "DOUBLE", "DECIMAL"),
}

_MOST_DECIMALS = 6  # of a column; beyond them numbers are written one by one


def plain(value: Any) -> Any:
    """`value` as JSON can hold it."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return value.hex() if isinstance(value, bytes) else str(value)


def scalar(value: Any) -> Any:
    """`value` as one cell can hold it: lists and structures become JSON text, flags `true` and `false`."""
    found = plain(value)
    return json.dumps(found, ensure_ascii=False) if isinstance(found, bool | list | dict) else found


def decimals(column: Sequence[Any], style: Style) -> int | None:
    """Decimals for all numbers of a column, two digits of the smallest and at least four; None = of its own for each."""
    if style != "score":
        return None
    sizes = [abs(value) for value in column if isinstance(value, float) and math.isfinite(value) and value]
    if not sizes:
        return 4
    places = max(4, 1 - math.floor(math.log10(min(sizes))))
    return places if places <= _MOST_DECIMALS and max(sizes) < 1e6 else None


def read(value: Any, field: Field, places: int | None) -> str:
    """`value` for a person; `places` are the decimals of its column."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}" if field.style in ("count", "score") else str(value)
    if isinstance(value, float):
        return _number(value, field.style, places)
    return printable(str(scalar(value)))


def printable(text: str) -> str:
    """Control characters, which a terminal would obey, as their escapes; line breaks stay."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one == "\n" else repr(one)[1:-1] for one in text)


def _number(value: float, style: Style, places: int | None) -> str:
    if not math.isfinite(value):
        return "-"
    if places is not None:
        return f"{value:,.{places}f}"
    if style == "digits":
        return f"{value:.4g}"
    if style == "raw" or not (value == 0 or 0.001 <= abs(value) < 1e6):
        return f"{value:.6g}"
    return f"{value:,.{2 if style == 'seconds' else 4}f}"
