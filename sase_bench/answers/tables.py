"""Tables for people: for a terminal, and in Markdown. Whatever stands in a cell is text; nothing in it is obeyed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

from sase_bench.answers.answer import Answer, Field
from sase_bench.answers.cells import NUMBERS, decimals, printable, read

__all__ = ["LONGEST_TABLE", "in_markdown", "in_terminal", "markdown", "tabulated"]

#: Rows that a table for a terminal shows.
LONGEST_TABLE = 200

#: Where the cells of a column begin.
Side = Literal["left", "right"]

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", "|": "\\|", "\n": "<br>"})


def in_terminal(answer: Answer) -> str:
    """The answer in columns of even width."""
    title = f"{answer.title}\n\n" if answer.title else ""
    return title + _sheets(answer, answer.rows[:LONGEST_TABLE], tabulated)


def in_markdown(answer: Answer) -> str:
    """The answer with pipes, under its title as a heading."""
    title = f"## {answer.title}\n\n" if answer.title else ""
    return title + _sheets(answer, answer.rows, markdown)


def markdown(header: Sequence[str], lines: Iterable[Sequence[str]], sides: Sequence[Side] = ()) -> str:
    """A table of text with pipes, ending in a newline; columns without a side are on the left."""
    rule = ["---:" if side == "right" else "---" for side in sides] or ["---"] * len(header)
    escaped = ([printable(cell).translate(_ESCAPES) for cell in line] for line in (header or [" "] * len(rule), rule, *lines))
    return "".join(f"| {' | '.join(line)} |\n" for line in escaped)


def tabulated(header: Sequence[str], lines: Sequence[Sequence[str]], sides: Sequence[Side] = ()) -> str:
    """A table of text in columns of even width, ending in a newline; columns without a side are on the left."""
    from tabulate import tabulate

    if not lines:
        return "  ".join(header) + "\n"
    style = "simple" if header else "plain"
    return tabulate(lines, header, tablefmt=style, colalign=sides, disable_numparse=True) + "\n"


def _sheets(
    answer: Answer,
    rows: Sequence[tuple[Any, ...]],
    draw: Callable[[Sequence[str], Sequence[Sequence[str]], Sequence[Side]], str],
) -> str:
    """What all rows share as a list, then the table, turned if it is an upright one. A list is drawn without a header."""
    columns = zip(*rows, strict=True) if rows else ((),) * len(answer.fields)
    places = [decimals(column, field.style) for column, field in zip(columns, answer.fields, strict=True)]
    cells = [[read(*cell) for cell in zip(row, answer.fields, places, strict=True)] for row in rows]
    names, shared = [printable(name) for name in answer.columns], answer.shared
    parts = []
    if shared and cells:
        parts.append(draw([], [[name, cell] for name, cell in zip(names, cells[0], strict=False)][:shared], ["left", "left"]))
    if answer.upright:
        turned = [list(line) for line in zip(names, *cells, strict=True)][shared:]
        parts.append(draw([], turned, ["left"] * (1 + len(cells))))
    else:
        sides = [_side(field) for field in answer.fields]
        parts.append(draw(names[shared:], [line[shared:] for line in cells], sides[shared:]))
    return "\n".join(parts)


def _side(field: Field) -> Side:
    is_number = field.type.partition("(")[0] in NUMBERS if field.style == "raw" else field.style not in ("text", "flag")
    return "right" if is_number else "left"
