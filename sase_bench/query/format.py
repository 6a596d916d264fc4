"""An answer as text for people (`table`, `md`), as text for programs (`json`, `csv`), or as a Parquet file.

Programs get every value as it is, accuracy as a fraction, missing as null (`csv`: nothing between the commas); no format has
a number that is not finite. People get rounded numbers, and `-` for missing.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sase_bench.errors import RequestError
from sase_bench.query.answer import Answer, Field, Style

__all__ = ["FORMATS", "LONGEST_TABLE", "render", "write_parquet"]

#: Rows that a table for people shows.
LONGEST_TABLE = 200


def render(answer: Answer, name: str) -> str:
    """The answer in one of `FORMATS`, ending in a newline."""
    return FORMATS[name](answer)


def _json(answer: Answer) -> str:
    records = (json.dumps(_plain(record), ensure_ascii=False, allow_nan=False) for record in answer.records())
    lines = ",\n".join(f"  {record}" for record in records)
    return f"[\n{lines}\n]\n" if lines else "[]\n"


def _csv(answer: Answer) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows([_scalar(value) for value in row] for row in answer.rows)
    return file.getvalue()


def _table(answer: Answer) -> str:
    shown = answer.rows[:LONGEST_TABLE]
    return _sheets(answer, shown, _tabulated)


def _markdown(answer: Answer) -> str:
    return _sheets(answer, answer.rows, _piped)


#: The formats that are text, by name.
FORMATS: dict[str, Callable[[Answer], str]] = {"table": _table, "json": _json, "csv": _csv, "md": _markdown}


def write_parquet(answer: Answer, path: Path) -> None:
    """Write the answer to a Parquet file; types that are neither number, text, flag nor time are written as text."""
    import duckdb

    kept = [field.type if field.type.partition("(")[0] in _PARQUET_TYPES else "VARCHAR" for field in answer.fields]
    columns: Sequence[Sequence[Any]] = list(zip(*answer.rows, strict=True)) or [()] * len(kept)
    lists = [
        [_scalar(value) if kind in ("VARCHAR", "DOUBLE", "FLOAT") else value for value in column]
        for column, kind in zip(columns, kept, strict=True)
    ]
    names = (field.name.replace('"', '""') for field in answer.fields)
    unnested = ", ".join(f'unnest(?::{kind}[]) AS "{name}"' for name, kind in zip(names, kept, strict=True))
    quoted = str(path).replace("'", "''")
    try:
        with duckdb.connect(":memory:") as connection:
            connection.execute(f"CREATE TABLE answer AS SELECT {unnested}", lists)
            connection.execute(f"COPY answer TO '{quoted}' (FORMAT parquet, USE_TMP_FILE false)")
    except duckdb.Error as error:
        raise RequestError(f"cannot write {str(path)!r} as Parquet ({str(error).splitlines()[0]})") from error


_NUMBERS = {
    *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"),
    *("FLOAT", "DOUBLE", "DECIMAL"),
}
_PARQUET_TYPES = {*_NUMBERS, "BOOLEAN", "VARCHAR", "DATE", "TIME", "TIMESTAMP"}


def _plain(value: Any) -> Any:
    """`value` as JSON can hold it."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value.hex() if isinstance(value, bytes) else str(value)


def _scalar(value: Any) -> Any:
    """`value` as one cell can hold it: lists and structures become JSON text, flags `true` and `false`."""
    plain = _plain(value)
    return json.dumps(plain, ensure_ascii=False) if isinstance(plain, bool | list | dict) else plain


_MOST_DECIMALS = 6  # of a column; beyond them numbers are written one by one

#: From a header (empty for a list), lines of cells and the side of each column to text.
Drawing = Callable[[list[str], list[list[str]], list[str]], str]


def _sheets(answer: Answer, rows: Sequence[tuple[Any, ...]], draw: Drawing) -> str:
    """What all rows share as a list, then the table, turned if it is an upright one."""
    columns = zip(*rows, strict=True) if rows else ((),) * len(answer.fields)
    digits = [_decimals(column, field.style) for column, field in zip(columns, answer.fields, strict=True)]
    cells = [
        [_cell(value, field, places) for value, field, places in zip(row, answer.fields, digits, strict=True)] for row in rows
    ]
    names, shared = [_printable(name) for name in answer.columns], answer.shared
    sides = ["left" if _is_text(field.style, field.type) else "right" for field in answer.fields]
    parts = []
    if shared and cells:
        parts.append(draw([], [[name, cell] for name, cell in zip(names, cells[0], strict=False)][:shared], ["left", "left"]))
    if answer.upright:
        turned = [list(line) for line in zip(names, *cells, strict=True)][shared:]
        parts.append(draw([], turned, ["left"] * (1 + len(cells))))
    else:
        parts.append(draw(names[shared:], [line[shared:] for line in cells], sides[shared:]))
    return "\n".join(parts)


def _tabulated(header: list[str], lines: list[list[str]], sides: list[str]) -> str:
    from tabulate import tabulate

    if not lines:
        return "  ".join(header) + "\n"
    style = "simple" if header else "plain"
    return tabulate(lines, header, tablefmt=style, colalign=sides, disable_numparse=True) + "\n"


def _piped(header: list[str], lines: list[list[str]], sides: list[str]) -> str:
    header = header or [" "] * len(sides)
    rule = ["---:" if side == "right" else "---" for side in sides]
    escaped = ([cell.replace("|", "\\|").replace("\n", "<br>") for cell in line] for line in [header, rule, *lines])
    return "".join(f"| {' | '.join(line)} |\n" for line in escaped)


def _is_text(style: Style, kind: str) -> bool:
    return style in ("text", "flag") or (style == "raw" and kind.partition("(")[0] not in _NUMBERS)


def _decimals(column: Sequence[Any], style: Style) -> int | None:
    """Decimals for all numbers of a column, two digits of the smallest and at least four; None = of its own for each."""
    if style != "score":
        return None
    sizes = [abs(value) for value in column if isinstance(value, float) and math.isfinite(value) and value]
    if not sizes:
        return 4
    places = max(4, 1 - math.floor(math.log10(min(sizes))))
    return places if places <= _MOST_DECIMALS and max(sizes) < 1e6 else None


def _cell(value: Any, field: Field, decimals: int | None) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}" if field.style in ("count", "score") else str(value)
    if isinstance(value, float):
        return _number(value, field.style, decimals)
    return _printable(str(_scalar(value)))


def _number(value: float, style: Style, decimals: int | None) -> str:
    if not math.isfinite(value):
        return "-"
    if decimals is not None:
        return f"{value:,.{decimals}f}"
    if style == "latency":
        return f"{value:.4g}"
    if style == "raw" or not (value == 0 or 0.001 <= abs(value) < 1e6):
        return f"{value:.6g}"
    return f"{value:,.{2 if style == 'seconds' else 4}f}"


def _printable(text: str) -> str:
    """Control characters, which a terminal would obey, as their escapes; line breaks stay."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one == "\n" else repr(one)[1:-1] for one in text)
