"""`python -m sase_bench.report`: render `reports/` from a table."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from sase_bench import cli
from sase_bench.database.reader import DEFAULT_TABLE
from sase_bench.report.document import sections, write

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status as in `sase_bench.cli.run`."""
    return cli.run("report", _command, argv)


def _command(argv: Sequence[str] | None) -> int:
    parser = cli.Parser("sase_bench.report", "Render a report from a table of runs.")
    parser.add_argument("--db", type=Path, default=DEFAULT_TABLE, metavar="PATH", help="the table")
    parser.add_argument("--output", type=Path, default=Path("reports"), metavar="DIR", help="the folder to write to")
    options = parser.parse_args(argv)
    for path in write(sections(options.db), options.output):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
