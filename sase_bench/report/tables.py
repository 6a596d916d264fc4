"""Tables as LaTeX, to fit the 345 pt of a one-column article. Whatever stands in a cell is text: nothing in it is obeyed.

They take the packages booktabs, array and longtable.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

__all__ = ["NONE", "Column", "latex"]

#: A cell without a value: a dash.
NONE = "--"

_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    "±": r"$\pm$",
    "×": r"$\times$",
    "–": "--",
    "…": r"\ldots{}",
    **{raised: f"$^{{{digit}}}$" for digit, raised in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
}
_SIZE = (r"\footnotesize", r"\setlength{\tabcolsep}{2.5pt}")
_ABOVE = r"\setlength{\belowcaptionskip}{6pt}"  # LaTeX leaves nothing between a caption and a table below it
_BREAKS = re.compile(r"([/:_@](?=\S)|\.(?=[^\s\d]))")  # where a long word of a paragraph may go on in the next line
_MINUS = re.compile(r"(?<![\w-])-(?=\d)")


class Column(NamedTuple):
    """A column of a table."""

    header: str
    align: str = "r"  # l, r, or the width of paragraphs, such as 90pt
    group: str = ""  # what it shares with its neighbours, above their headers


def latex(
    columns: Sequence[Column],
    rows: Iterable[Sequence[str]],
    *,
    caption: str,
    label: str,
    made_by: str,
    is_long: bool = False,
) -> str:
    """A `table` float, or where it `is_long` a `longtable`, ending in a newline; `made_by` is the command that writes it."""
    head = [r"\toprule", *_groups(columns), _line([_escaped(column.header) for column in columns]), r"\midrule"]
    lines = [_line([_cell(cell, column) for cell, column in zip(row, columns, strict=True)]) for row in rows]
    aligned = f"@{{}}{''.join(map(_aligned, columns))}@{{}}"
    titled = (rf"\caption{{{_escaped(caption)}}}", rf"\label{{{label}}}")
    if is_long:
        body = [r"\begingroup", *_SIZE, r"\setlength{\LTcapwidth}{\textwidth}", rf"\begin{{longtable}}{{{aligned}}}"]
        body += ["".join(titled) + r" \\", *head, r"\endfirsthead", *head, r"\endhead", r"\bottomrule", r"\endlastfoot"]
        body += [*lines, r"\end{longtable}", r"\endgroup"]
    else:
        body = [r"\begin{table}", r"\centering", _ABOVE, *titled, *_SIZE, rf"\begin{{tabular}}{{{aligned}}}"]
        body += [*head, *lines, r"\bottomrule", r"\end{tabular}", r"\end{table}"]
    return "\n".join([f"% made by: {' '.join(made_by.split())}", *body, ""])


def _aligned(column: Column) -> str:
    return column.align if column.align in ("l", "r") else rf">{{\raggedright\arraybackslash}}p{{{column.align}}}"


def _groups(columns: Sequence[Column]) -> list[str]:
    """The line above the headers and the rules below its names; none where no column is of a group."""
    cells, rules, first = [], [], 1
    for name, members in groupby(column.group for column in columns):
        count = len(list(members))
        cells += [rf"\multicolumn{{{count}}}{{c}}{{{_escaped(name)}}}"] if name else [""] * count
        rules += [rf"\cmidrule(lr){{{first}-{first + count - 1}}}"] if name else []
        first += count
    return [_line(cells), "".join(rules)] if rules else []


def _line(cells: Iterable[str]) -> str:
    return " & ".join(cells) + r" \\"


def _cell(cell: str, column: Column) -> str:
    if column.align == "r":
        return "$-$".join(_escaped(part) for part in _MINUS.split(cell))
    if column.align == "l":
        return _escaped(cell)
    parts = _BREAKS.split(cell)  # every other one is a place to break: behind a slash rather than behind others
    after = [(r"\allowbreak{}" if part == "/" else r"\penalty500{}") if place % 2 else "" for place, part in enumerate(parts)]
    return "".join(_escaped(part) + penalty for part, penalty in zip(parts, after, strict=True))


def _escaped(cell: str) -> str:
    return "".join(_LATEX.get(letter, letter) for letter in re.sub(r"\s+", " ", cell))
