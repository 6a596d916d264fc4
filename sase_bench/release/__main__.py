"""`python -m sase_bench.release`: complete the shelf of released runs, or train random rows of it again."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from sase_bench import cli
from sase_bench.database.shelf import DEFAULT_SHELF
from sase_bench.recipes.registry import REFERENCE
from sase_bench.release.verification import VERIFICATION, verify_rows
from sase_bench.release.writing import write

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status as in `sase_bench.cli.run`."""
    return cli.run("release", _command, argv)


def _command(argv: Sequence[str] | None) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or (words[0].startswith("-") and words[0] not in ("-h", "--help")):
        words.insert(0, "write")
    options = _parser().parse_args(words)
    return int(options.run(options))


def _parser() -> cli.Parser:
    parser = cli.Actions("sase_bench.release", "Complete the shelf of released runs (this is the default), or verify it.")
    writing, verifying = parser.add("write", _write), parser.add("verify", _verify)
    for action in (writing, verifying):
        action.add_argument("--shelf", type=Path, default=DEFAULT_SHELF, metavar="DIR", help="the folder with the shards")
    writing.add_argument(
        "--reference", metavar="PROXY", help=f"what validity is measured against (default: {REFERENCE}, if it is there)"
    )
    verifying.add_argument("--count", type=int, default=20, metavar="N", help="how many rows to train again")
    verifying.add_argument("--seed", type=int, default=0, help="which rows are drawn")
    verifying.add_argument("--proxy", metavar="NAME", help="rows of this proxy only")
    verifying.add_argument("--data", type=Path, metavar="DIR", help="the folder of torchvision's data sets")
    cli.add_device_option(verifying)
    return parser


def _write(options: argparse.Namespace) -> int:
    """Write data card, schema, metadata and checksums."""
    for path in write(options.shelf, reference=options.reference):
        print(path)
    return 0


def _verify(options: argparse.Namespace) -> int:
    """Train random rows again, and write how far they differ."""
    rows = verify_rows(
        options.shelf,
        count=options.count,
        seed=options.seed,
        proxy=options.proxy,
        folder=options.data,
        device=options.device,
    )
    same = sum(row["status"] == row["again_status"] for row in rows)
    print(f"{options.shelf / VERIFICATION}: {len(rows)} rows, {same} ended the same way; now: python -m sase_bench.release")
    return 0


if __name__ == "__main__":
    sys.exit(main())
