"""`python -m sase_bench.report`: render `reports/` from a table."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from sase_bench import cli
from sase_bench.database.reader import default_source
from sase_bench.report.document import write
from sase_bench.report.drawing import check_drawing
from sase_bench.report.evidence.searches import FOLDER
from sase_bench.report.inputs import DEFAULT_FOLDER, read_inputs

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status as in `sase_bench.cli.run`."""
    return cli.run("report", _command, argv)


def _command(argv: Sequence[str] | None) -> int:
    parser = cli.Parser("sase_bench.report", "Render a report from a table of runs.")
    parser.add_argument("--db", type=Path, metavar="PATH", help="the table; without it the table here, else the released one")
    parser.add_argument("--output", type=Path, default=DEFAULT_FOLDER, metavar="DIR", help="the folder to write to")
    parser.add_argument("--published", type=Path, metavar="DIR", help="the folder of published results")
    parser.add_argument("--searches", type=Path, default=FOLDER, metavar="DIR", help="comparisons of searches")
    parser.add_argument("--predictors", type=Path, default=Path("predictors"), metavar="DIR", help="evaluated predictors")
    parser.add_argument(
        "--comparisons", type=Path, metavar="PATH", help="timed networks, beside timed operations (default: released)"
    )
    parser.add_argument("--transfer", type=Path, metavar="DIR", help="runs of ordinary networks (default: released)")
    options = parser.parse_args(argv)
    check_drawing()
    inputs = read_inputs(
        options.db or default_source(),
        published=options.published,
        searches=options.searches,
        predictors=options.predictors,
        comparisons=options.comparisons,
        transfer=options.transfer,
    )
    for path in write(*inputs, options.output):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
