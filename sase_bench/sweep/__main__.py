"""`python -m sase_bench.sweep`: train blocks on a proxy into the table; start it again and it goes on."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from sase_bench import cli
from sase_bench.errors import RequestError
from sase_bench.recipes.folder import find_folder
from sase_bench.recipes.registry import find
from sase_bench.record import Key
from sase_bench.seeds import read_seeds
from sase_bench.space import SPACES, Space
from sase_bench.sweep.driver import missing
from sase_bench.sweep.duration import duration, read_duration
from sase_bench.sweep.entries import Entry, read_entries
from sase_bench.sweep.estimate import estimate
from sase_bench.sweep.executors import at_once
from sase_bench.sweep.filling import TOGETHER, Work, fill, work_of
from sase_bench.sweep.options import add_training_options, check_training_options
from sase_bench.sweep.plan import read_plan
from sase_bench.sweep.target import DEFAULT_TABLE, Target

__all__ = ["main"]

_PLAN, _SPACE, _PROXY, _SEEDS = "random:24", "tied", "digits", "3"
_say = partial(cli.say, "sweep")


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status as in `sase_bench.cli.run`."""
    return cli.run("sweep", _command, argv)


def _command(argv: Sequence[str] | None) -> int:
    options = _parser().parse_args(argv)
    if options.together < 1:
        raise RequestError(f"--together is at least 1, got {options.together}")
    check_training_options(options)
    if options.limit is not None and options.executor == "inline":
        raise RequestError("--limit goes with --executor local or ray, got --executor inline, which cannot end a run")
    budget, limit = (None if text is None else read_duration(text) for text in (options.budget, options.limit))
    entries, target = _planned(options)
    target.check()
    work = work_of(entries, options, together=options.together, limit=limit)
    if options.dry_run:
        return _dry_run(work, target, options)
    fill(work, target, options, _say, budget=budget, again=options.retry_failed)
    return 0


def _planned(options: argparse.Namespace) -> tuple[list[Entry], Target]:
    """What is to be run, and where it goes."""
    if options.db is not None and options.shelf is not None:
        raise RequestError("runs go to a table (--db) or to a folder of shards (--shelf), got both")
    words, shelf = options.plan or [_PLAN], options.shelf
    if words[0].endswith(".toml") and len(words) == 1:
        given = [f"--{name}" for name in ("proxy", "space", "seeds") if getattr(options, name) is not None]
        if given:
            raise RequestError(f"a release plan says itself what is run, got also {', '.join(given)}")
        entries = _with_data(read_entries(Path(words[0])), options)
        shelf = shelf or (Path(words[0]).parent if options.db is None else None)
    else:
        blocks = read_plan(words, Space(options.space or _SPACE))
        seeds = read_seeds(options.seeds or _SEEDS)
        entries = [Entry(proxy=find(options.proxy or _PROXY), blocks=blocks, seeds=seeds, why="asked for")]
    return entries, Target(options.db or DEFAULT_TABLE) if shelf is None else Target(shelf, is_shelf=True)


def _with_data(entries: Sequence[Entry], options: argparse.Namespace) -> list[Entry]:
    """The entries of a plan whose data sets are there: the others wait for a machine that has them.

    Raises `RequestError` where there is none.
    """
    refused: dict[str, str] = {}
    for name in sorted({entry.proxy.dataset for entry in entries}):
        try:
            find_folder(name, options.data, download=options.download)
        except RequestError as error:
            refused[name] = str(error)
    left = [entry for entry in entries if entry.proxy.dataset not in refused]
    if not left:
        raise RequestError(next(iter(refused.values())))
    for name, why in refused.items():
        count = sum(entry.proxy.dataset == name for entry in entries)
        _say(f"left out {count} of the {len(entries)} entries of the plan: {why}")
    return left


def _parser() -> argparse.ArgumentParser:
    parser = cli.Parser("sase_bench.sweep", "Train attention blocks on a proxy task and keep the results in a table.")
    parser.add_argument("--space", choices=tuple(SPACES), help=f"the space that the plan is drawn from (default: {_SPACE})")
    plan = (
        "all, random:N, orthogonal:N, neighbours:BLOCK, modules, file:PATH, blocks or modules, or a release plan, FILE.toml "
        f"(default: {_PLAN})"
    )
    parser.add_argument("--plan", nargs="+", metavar="PLAN", help=plan)
    parser.add_argument("--proxy", help=f"the task; python -m sase_bench.proxies lists them (default: {_PROXY})")
    parser.add_argument("--seeds", help=f"a count (3 is the seeds 0, 1, 2) or a list (0,1,2) (default: {_SEEDS})")
    together = "most seeds of a block that are trained together, which is faster; 1 = each alone"
    parser.add_argument("--together", type=int, default=TOGETHER, metavar="N", help=together)
    add_training_options(parser)
    budget = "start nothing that would not end within this time, by the longest so far, and stop cleanly: 90s, 30m, 2h"
    parser.add_argument("--budget", metavar="TIME", help=budget)
    limit = "most time of one run, which then has failed: 90s, 30m, 2h (default: none)"
    parser.add_argument("--limit", metavar="TIME", help=limit)
    retry = "make the planned runs that failed again; what comes of them takes their place"
    parser.add_argument("--retry-failed", action="store_true", help=retry)
    parser.add_argument("--db", type=Path, metavar="PATH", help=f"the table to fill (default: {DEFAULT_TABLE})")
    shelf = "fill a folder of shards instead of a table; needs no DuckDB (default with a release plan: its folder)"
    parser.add_argument("--shelf", type=Path, metavar="DIR", help=shelf)
    parser.add_argument("--dry-run", action="store_true", help="say what would be run and how long it would take")
    return parser


def _dry_run(work: Sequence[Work], target: Target, options: argparse.Namespace) -> int:
    """Write nothing, and tell what the same command would do without --dry-run."""
    before: dict[str, set[Key]] = {}  # by proxy, what will be there when an entry's turn comes
    there = f"in {target.path}{' or planned before' if len(work) > 1 else ''}"
    for job, tasks in work:
        name = job.proxy.name
        if name not in before:
            before[name] = target.keys(job.proxy) - (target.failed(job.proxy) if options.retry_failed else set())
        todo = missing(tasks, name, before[name])
        planned, left = (sum(len(task.seeds) for task in some) for some in (tasks, todo))
        blocks = len({task.arch for task in tasks})
        print(f"proxy {name}: {job.proxy.description}")
        print(f"plan: {blocks} blocks, {planned} runs, {planned - left} of them already {there}")
        before[name] |= {(task.arch.index, name, seed) for task in todo for seed in task.seeds}
        if todo:
            _say("a few blocks are trained for a few steps now, to say how long all would take")
            each = estimate(job, todo)
            workers = at_once(options)
            runs = max(left / (workers or 1), *(len(task.seeds) for task in todo))  # one worker trains all seeds of a task
            total = duration(runs * each.seconds)
            timed = f"{each.seconds:.1f} s a run, from {each.blocks} timed blocks"
            print(f"to do: {left} runs, about {total} {_with(workers)} ({timed})")
    return 0


def _with(workers: int | None) -> str:
    return "of one worker" if workers is None else f"with {workers} worker{'s' * (workers != 1)}"


if __name__ == "__main__":
    sys.exit(main())
