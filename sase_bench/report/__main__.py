"""`python -m sase_bench.report`: render `reports/` from a table."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from sase_bench import cli
from sase_bench.database.reader import default_source
from sase_bench.report.comparison import compare
from sase_bench.report.costs import read_composed
from sase_bench.report.document import sections, write
from sase_bench.report.evidence import evidence_of
from sase_bench.report.published import find_folder, read
from sase_bench.report.times import find_comparisons, read_times
from sase_bench.report.wording import most_trusted
from sase_bench.space import Architecture

__all__ = ["main"]

_OUTPUT = Path("reports")


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status as in `sase_bench.cli.run`."""
    return cli.run("report", _command, argv)


def _command(argv: Sequence[str] | None) -> int:
    parser = cli.Parser("sase_bench.report", "Render a report from a table of runs.")
    parser.add_argument("--db", type=Path, metavar="PATH", help="the table; without it the table here, else the released one")
    parser.add_argument("--output", type=Path, default=_OUTPUT, metavar="DIR", help="the folder to write to")
    parser.add_argument("--published", type=Path, metavar="DIR", help="the folder of published results")
    parser.add_argument("--search", type=Path, default=_OUTPUT / "search.json", metavar="PATH", help="a comparison of searches")
    parser.add_argument("--predictors", type=Path, default=Path("predictors"), metavar="DIR", help="evaluated predictors")
    parser.add_argument(
        "--comparisons", type=Path, metavar="PATH", help="timed networks, beside timed operations (default: released)"
    )
    options = parser.parse_args(argv)
    published = options.published or find_folder()
    db = options.db or default_source()
    parts = sections(db)
    comparisons = options.comparisons or find_comparisons()
    composed = read_composed(comparisons.parent)
    evidence = evidence_of(db, search=options.search, predictors=options.predictors, composed=composed)
    trusted = most_trusted(evidence)
    best = {} if trusted is None else {f"best on {trusted.proxy}": Architecture(int(trusted.best["arch"]))}
    times = read_times(comparisons, composed)
    entries = compare(read(published / "imagenet.csv"), best, times)
    for path in write(parts, evidence, entries, times, options.output):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
