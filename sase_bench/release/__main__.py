"""`python -m sase_bench.release`: complete the shelf of released runs, or train random rows of it again."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
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
    parser = cli.Parser("sase_bench.release", "Complete the shelf of released runs: data card, schema, metadata, checksums.")
    parser.add_argument("action", nargs="?", choices=tuple(_ACTIONS), default="write", help=", ".join(_ACTIONS))
    parser.add_argument("--shelf", type=Path, default=DEFAULT_SHELF, metavar="DIR", help="the folder with the shards")
    parser.add_argument(
        "--reference", metavar="PROXY", help=f"write: what validity is measured against (default: {REFERENCE}, if it is there)"
    )
    parser.add_argument("--count", type=int, default=20, metavar="N", help="verify: how many rows to train again")
    parser.add_argument("--seed", type=int, default=0, help="verify: which rows are drawn")
    parser.add_argument("--proxy", metavar="NAME", help="verify: rows of this proxy only")
    parser.add_argument("--data", type=Path, metavar="DIR", help="verify: the folder of torchvision's data sets")
    cli.add_device_option(parser, "verify: where to train")
    options = parser.parse_args(argv)
    return _ACTIONS[options.action](options)


def _write(options: argparse.Namespace) -> int:
    for path in write(options.shelf, reference=options.reference):
        print(path)
    return 0


def _verify(options: argparse.Namespace) -> int:
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


_ACTIONS: dict[str, Callable[[argparse.Namespace], int]] = {"write": _write, "verify": _verify}


if __name__ == "__main__":
    sys.exit(main())
