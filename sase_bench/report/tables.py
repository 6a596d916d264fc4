"""Tables as LaTeX. Whatever stands in a cell is text: nothing in it is obeyed by the reader's program."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

__all__ = ["latex"]

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


def _escaped(cell: str) -> str:
    return "".join(_LATEX.get(letter, letter) for letter in re.sub(r"\s+", " ", cell))
