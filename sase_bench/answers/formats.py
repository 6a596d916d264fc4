"""The formats that an answer is printed in: `table` and `md` for people, `json` and `csv` for programs.

Programs get every value as it is, accuracy as a fraction, missing as null (`csv`: nothing between the commas); no format has
a number that is not finite. People get rounded numbers, and `-` for missing.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from collections.abc import Callable

from sase_bench.answers.answer import Answer
from sase_bench.answers.cells import plain, scalar
from sase_bench.answers.tables import in_markdown, in_terminal

__all__ = ["FORMATS", "FOR_PEOPLE", "add_format_option", "render", "show"]


def add_format_option(parser: argparse._ActionsContainer, *files: str, what: str = "how the result is printed") -> None:
    """Declare `--format`: one of `FORMATS`, or of the formats of `files` that the command writes."""
    parser.add_argument("--format", choices=(*FORMATS, *files), default="table", help=f"{what} (default: %(default)s)")


def render(answer: Answer, name: str) -> str:
    """The answer in one of `FORMATS`, ending in a newline."""
    return FORMATS[name](answer)


def show(name: str, *answers: Answer) -> None:
    """Print answers, for programs a single one; what the encoding of stdout lacks is escaped."""
    encoding = sys.stdout.encoding or "utf-8"
    text = "\n".join(render(answer, name) for answer in answers)
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
    sys.stdout.flush()  # here, where an end that is not read any more is no error


def _json(answer: Answer) -> str:
    records = (json.dumps(plain(record), ensure_ascii=False, allow_nan=False) for record in answer.records())
    lines = ",\n".join(f"  {record}" for record in records)
    return f"[\n{lines}\n]\n" if lines else "[]\n"


def _csv(answer: Answer) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows([scalar(value) for value in row] for row in answer.rows)
    return file.getvalue()


#: The formats that are text, by name.
FORMATS: dict[str, Callable[[Answer], str]] = {"table": in_terminal, "json": _json, "csv": _csv, "md": in_markdown}

#: Those in which numbers are rounded and answers have titles.
FOR_PEOPLE = ("table", "md")
