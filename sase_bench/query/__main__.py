"""`python -m sase_bench.query "top 10 by top1"`: ask the table, also while a sweep is filling it."""

from __future__ import annotations

import argparse
import resource
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path

from sase_bench import cli
from sase_bench.answers import Answer, add_format_option, render, show
from sase_bench.answers.parquet import write_parquet
from sase_bench.answers.tables import LONGEST_TABLE
from sase_bench.database.reader import DEFAULT_TABLE, default_source
from sase_bench.errors import RequestError
from sase_bench.files import replacing, write_text
from sase_bench.query.kinds import answer
from sase_bench.query.language import FORMS, Sql
from sase_bench.query.metrics import METRICS
from sase_bench.query.parser import parse
from sase_bench.space import OPERATIONS

__all__ = ["main"]

_say = partial(cli.say, "query")

_MEMORY = 4 << 30  # bytes that a statement of `sql` may take on top of what the process has


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status as in `sase_bench.cli.run`."""
    return cli.run("query", _command, argv)


def _command(argv: Sequence[str] | None) -> int:
    options = _parser().parse_intermixed_args(argv)
    if options.format == "parquet" and options.output is None:
        raise RequestError("parquet is not text; name a file with --output PATH")
    table = options.db or default_source()
    if options.output is not None:
        _check_output(options.output, table)
    query = parse(" ".join(options.query))
    with _bounded_memory() if isinstance(query, Sql) else nullcontext():
        found = answer(query, table, proxy=options.proxy, test=options.test, predicted=options.predicted)
        if options.db is None and table != DEFAULT_TABLE:
            _say(f"asking the released table in {table}; another one: --db PATH")
        for note in found.notes:
            _say(note)
        if options.output is None:
            _print(found, options.format)
        else:
            _write(found, options.format, options.output)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = cli.Parser("sase_bench.query", "Ask the table of runs.")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter  # keeps the lines of the language as they are
    parser.epilog = _language()
    parser.add_argument("query", nargs="*", help="the question, as one argument or several (see below)")
    add_format_option(parser, "parquet")
    parser.add_argument("--output", type=Path, metavar="PATH", help="write to a file, which is replaced in one step")
    parser.add_argument(
        "--db", type=Path, metavar="PATH", help=f"the table, or a folder of shards (default: {DEFAULT_TABLE}, else the release)"
    )
    proxy = "the proxy, where the query names none (default: that with the most blocks to judge the space by)"
    parser.add_argument("--proxy", metavar="NAME", help=proxy)
    parser.add_argument("--test", action="store_true", help="scores on the test images instead of the validation images")
    parser.add_argument(
        "--predicted", metavar="NAME", help="rank blocks without a run too, by what the predictor NAME predicts"
    )
    return parser


def _language() -> str:
    """The forms of query for the help, each with an example that works."""
    forms = "\n".join(f"  {form.form}\n      {form.meaning}: {form.example}" for form in FORMS)
    larger, smaller = (
        ", ".join(name for name, metric in METRICS.items() if metric.better == better) for better in ("larger", "smaller")
    )
    return f"""queries, in any case; best and worst are top and bottom, compare takes vs, and neighbors do:
{forms}

  METRIC     {larger} (larger is better), {smaller} (smaller is better);
             top1 and loss are validation scores, means over the seeds that ended ok; val_top1, accuracy, acc and
             val_loss do as well; train_loss is of the last epoch's training batches
  CONDITION  metrics and seeds with < <= > >= = != and a number (0.95, 95%, 20k, 0.3M, 1G), slots with = != and an operation,
             joined by and, or, not, ( ): params < 0.3M and not (channel_squeeze = gap or channel_gate = affine)
  SLOT       {", ".join(OPERATIONS)}
  TEXT       six operations joined by '/'; the paper's spelling does as well
"""


def _check_output(path: Path, table: Path) -> None:
    try:
        if path.exists() and not path.is_file():
            raise RequestError(f"{str(path)!r} is not a file that could be replaced; name another one with --output")
        if path.exists() and table.exists() and path.samefile(table):
            raise RequestError(f"--output {str(path)!r} would replace the table itself; name another file")
        if not path.parent.is_dir():
            raise RequestError(f"there is no folder {str(path.parent)!r} to write to")
    except OSError as error:
        raise RequestError(f"cannot write {str(path)[:100]!r}: {error.strerror}") from error


def _print(found: Answer, name: str) -> None:
    hidden = len(found.rows) - LONGEST_TABLE
    if name == "table" and hidden > 0:
        _say(f"{hidden:,} more rows of {len(found.rows):,}; --format csv has them all")
    show(name, found)


def _write(found: Answer, name: str, path: Path) -> None:
    """The answer in place of a file."""
    if name != "parquet":
        write_text(path, render(found, name))
    else:
        try:
            with replacing(path) as fresh:
                write_parquet(found, fresh)
        except OSError as error:
            raise RequestError(f"cannot write {str(path)!r}: {error.strerror}") from error
    _say(f"{len(found.rows):,} rows in {path}")


@contextmanager
def _bounded_memory() -> Iterator[None]:
    """Lets a statement of `sql` fail that would otherwise take the machine's memory, which DuckDB's limit does not prevent."""
    statm = Path("/proc/self/statm")
    before, hard = resource.getrlimit(resource.RLIMIT_AS)
    try:
        if statm.exists():  # on Linux
            used = int(statm.read_text().split()[0]) * resource.getpagesize()
            bounds = [bound for bound in (used + _MEMORY, before, hard) if bound != resource.RLIM_INFINITY]
            resource.setrlimit(resource.RLIMIT_AS, (min(bounds), hard))
        yield
    except MemoryError:
        raise RequestError("the answer does not fit into memory; ask for less") from None
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (before, hard))


if __name__ == "__main__":
    sys.exit(main())
