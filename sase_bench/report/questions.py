"""How the reader of a report asks the table himself."""

from __future__ import annotations

import shlex
from pathlib import Path

from sase_bench.database.reader import default_source

__all__ = ["command", "option_of"]


def command(question: str, option: str = "") -> str:
    """The line that asks a table, which `option` names, see `option_of`."""
    return f'python -m sase_bench.query "{question}"{option}'


def option_of(db: Path) -> str:
    """What names `db` behind a question: nothing where it is the table that is read anyway."""
    return "" if db == default_source() else f" --db {shlex.quote(str(db))}"
