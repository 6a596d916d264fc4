"""Tables as Markdown and as LaTeX. Whatever stands in a cell is text: nothing in it is obeyed by the reader's program."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

__all__ = ["latex", "markdown"]

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
    "±": r"$\pm$",
    "×": r"$\times$",
}


def markdown(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with pipes, ending in a newline."""
    lines = [headers, ["---"] * len(headers), *rows]
    return "".join("| " + " | ".join(_piped(cell) for cell in line) + " |\n" for line in lines)


def latex(headers: Sequence[str], rows: Iterable[Sequence[str]], *, caption: str, label: str) -> str:
    """A `table` float for the package booktabs, ending in a newline; as many left-aligned columns as there are headers."""
    lines = [" & ".join(_escaped(cell) for cell in row) + r" \\" for row in rows]
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{_escaped(caption)}}}",
            rf"\label{{{label}}}",
            rf"\begin{{tabular}}{{{'l' * len(headers)}}}",
            r"\toprule",
            " & ".join(_escaped(cell) for cell in headers) + r" \\",
            r"\midrule",
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def _piped(cell: str) -> str:
    text = cell.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")
    return re.sub(r"\s+", " ", text)


def _escaped(cell: str) -> str:
    return "".join(_LATEX.get(letter, letter) for letter in re.sub(r"\s+", " ", cell))
