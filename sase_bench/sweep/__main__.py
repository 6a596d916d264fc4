"""`python -m sase_bench.sweep`: train blocks on a proxy into the table; start it again and it goes on."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from sase_bench import cli
from sase_bench.errors import RequestError
from sase_bench.proxies.folder import VARIABLE, find_folder
from sase_bench.proxies.registry import find
from sase_bench.space import SPACES, Space
from sase_bench.sweep.driver import Result, Sink, missing, sweep
from sase_bench.sweep.estimate import estimate
from sase_bench.sweep.executor import Job, Task
from sase_bench.sweep.executors import add_executor_options, at_once, check_executor_options, executor_of
from sase_bench.sweep.plan import read_plan, read_seeds, tasks_of
from sase_bench.sweep.progress import ProgressBar
from sase_bench.sweep.release import Entry, read_entries
from sase_bench.sweep.target import DEFAULT_TABLE, Target

__all__ = ["main"]

_PLAN, _SPACE, _PROXY, _SEEDS = "random:24", "tied", "digits", "3"
_TOGETHER = 8
_UNITS = {"s": 1, "m": 60, "h": 3600}


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status as in `sase_bench.cli.run`."""
    return cli.run("sweep", _command, argv)


def _command(argv: Sequence[str] | None) -> int:
    options = _parser().parse_args(argv)
    for name in ("workers", "together"):
        if getattr(options, name) is not None and getattr(options, name) < 1:
            raise RequestError(f"--{name} is at least 1, got {getattr(options, name)}")
    check_executor_options(options)
    if options.device == "cuda" and options.executor != "ray":  # on a cluster the nodes have it, or have not
        from sase_bench.proxies.measurement import resolve_device

        resolve_device(options.device)
    if options.limit is not None and options.executor == "inline":
        raise RequestError("--limit goes with --executor local or ray, got --executor inline, which cannot end a run")
    budget = None if options.budget is None else read_duration(options.budget)
    entries, target = _planned(options)
    target.check()
    work = [(_job(entry, options), tasks_of(entry.blocks, entry.seeds, options.together)) for entry in entries]
    if options.dry_run:
        return _dry_run(work, target, options)
    with target.open({entry.proxy.name: entry.proxy for entry in entries}.values()) as sink:
        if sink.recovered:
            _say(f"took {sink.recovered} finished runs from the journal of an interrupted sweep")
        if sink.damaged:
            _say(f"left out {sink.damaged} damaged lines of the journal; they are kept beside it, in *.journal.damaged")
        _work(work, sink, target.path, budget, options)
    return 0


def _work(work: Sequence[tuple[Job, list[Task]]], sink: Sink, place: Path, budget: float | None, options: Any) -> None:
    """Every entry in turn, until the budget is used up."""
    end = None if budget is None else monotonic() + budget
    again = set(sink.failed) if options.retry_failed else set()
    for job, tasks in work:
        planned = sum(len(task.seeds) for task in tasks)
        before = planned - sum(len(task.seeds) for task in missing(tasks, job.proxy.name, sink, again))
        if before == planned and len(work) > 1:
            continue
        executor = executor_of(options, job)
        with ProgressBar(total=planned, before=before, name=job.proxy.name) as bar:
            try:
                left = None if end is None else end - monotonic()
                result = sweep(sink, executor, job, tasks, budget=left, progress=bar, again=again)
            except KeyboardInterrupt:
                bar.close()
                _say(f"stopped; {bar.done} runs of this sweep are in {place}; the same command goes on")
                raise
        _report(result, place)
        if result.ended_by:
            return
        again.difference_update((task.arch.index, job.proxy.name, seed) for task in tasks for seed in task.seeds)


def _planned(options: Any) -> tuple[list[Entry], Target]:
    """What is to be run, and where it goes."""
    if options.db is not None and options.shelf is not None:
        raise RequestError("runs go to a table (--db) or to a folder of shards (--shelf), got both")
    words, shelf = options.plan or [_PLAN], options.shelf
    if words[0].endswith(".toml") and len(words) == 1:
        given = [f"--{name}" for name in ("proxy", "space", "seeds") if getattr(options, name) is not None]
        if given:
            raise RequestError(f"a release plan says itself what is run, got also {', '.join(given)}")
        entries = read_entries(Path(words[0]))
        shelf = shelf or (Path(words[0]).parent if options.db is None else None)
    else:
        blocks = read_plan(words, Space(options.space or _SPACE))
        seeds = read_seeds(options.seeds or _SEEDS)
        entries = [Entry(proxy=find(options.proxy or _PROXY), blocks=blocks, seeds=seeds, why="asked for")]
    return entries, Target(options.db or DEFAULT_TABLE) if shelf is None else Target(shelf, is_shelf=True)


def _job(entry: Entry, options: Any) -> Job:
    if entry.proxy.dataset != "digits":
        find_folder(entry.proxy.dataset, options.data, download=options.download)
    limit = None if options.limit is None else read_duration(options.limit)
    return Job(proxy=entry.proxy, folder=options.data, download=options.download, device=options.device, limit=limit)


def _parser() -> argparse.ArgumentParser:
    parser = cli.Parser("sase_bench.sweep", "Train attention blocks on a proxy task and keep the results in a table.")
    parser.add_argument("--space", choices=tuple(SPACES), help=f"the space that the plan is drawn from (default: {_SPACE})")
    plan = (
        f"all, random:N, orthogonal:N, modules, file:PATH, blocks or modules, or a release plan, FILE.toml (default: {_PLAN})"
    )
    parser.add_argument("--plan", nargs="+", metavar="PLAN", help=plan)
    parser.add_argument("--proxy", help=f"the task; python -m sase_bench.proxies lists them (default: {_PROXY})")
    parser.add_argument("--seeds", help=f"a count (3 is the seeds 0, 1, 2) or a list (0,1,2) (default: {_SEEDS})")
    together = "most seeds of a block that are trained together, which is faster; 1 = each alone"
    parser.add_argument("--together", type=int, default=_TOGETHER, metavar="N", help=together)
    workers = "blocks at once (default: one for each usable processor; inline 1, on a GPU 8)"
    parser.add_argument("--workers", type=int, metavar="N", help=workers)
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where to train")
    add_executor_options(parser)
    parser.add_argument("--budget", metavar="TIME", help="stop cleanly before this time is over: 90s, 30m, 2h")
    limit = "most time of one run, which then has failed: 90s, 30m, 2h (default: none)"
    parser.add_argument("--limit", metavar="TIME", help=limit)
    retry = "make the planned runs that failed again; what comes of them takes their place"
    parser.add_argument("--retry-failed", action="store_true", help=retry)
    parser.add_argument("--db", type=Path, metavar="PATH", help=f"the table to fill (default: {DEFAULT_TABLE})")
    shelf = "fill a folder of shards instead of a table; needs no DuckDB (default with a release plan: its folder)"
    parser.add_argument("--shelf", type=Path, metavar="DIR", help=shelf)
    parser.add_argument("--data", type=Path, metavar="DIR", help=f"folder of torchvision data sets (default: {VARIABLE})")
    parser.add_argument("--download", action="store_true", help="fetch a missing data set into --data")
    parser.add_argument("--dry-run", action="store_true", help="say what would be run and how long it would take")
    return parser


def read_duration(text: str) -> float:
    """Seconds in `90s`, `30m`, `1.5h`."""
    match = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)([smh])", text.strip().lower())
    if match is None or float(match[1]) == 0:
        raise RequestError(f"a time is a number with s, m or h (90s, 30m, 2h), got {text!r}")
    return float(match[1]) * _UNITS[match[2]]


def _dry_run(work: Sequence[tuple[Job, list[Task]]], target: Target, options: argparse.Namespace) -> int:
    """Write nothing, and tell what the same command would do without --dry-run."""
    for job, tasks in work:
        again = target.failed(job.proxy) if options.retry_failed else set()
        todo = missing(tasks, job.proxy.name, target.keys(job.proxy), again)
        planned, left = (sum(len(task.seeds) for task in some) for some in (tasks, todo))
        blocks = len({task.arch for task in tasks})
        print(f"proxy {job.proxy.name}: {job.proxy.description}")
        print(f"plan: {blocks} blocks, {planned} runs, {planned - left} of them already in {target.path}")
        if todo:
            _say("a few blocks are trained for a few steps now, to say how long all would take")
            each = estimate(job, todo)
            workers = at_once(options)
            total = duration(left * each.seconds / (workers or 1))
            timed = f"{each.seconds:.1f} s a run, from {each.blocks} timed blocks"
            print(f"to do: {left} runs, about {total} {_with(workers)} ({timed})")
    return 0


def _with(workers: int | None) -> str:
    return "of one worker" if workers is None else f"with {workers} worker{'s' * (workers != 1)}"


def duration(seconds: float) -> str:
    """`seconds` for a person: 45 s, 12 min, 3.4 h, 2.1 days."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"


def _report(result: Result, path: Path) -> None:
    counts = ", ".join(f"{count} {status}" for status, count in sorted(result.statuses.items())) or "nothing to do"
    print(f"{path}: {result.before + result.done} of {result.planned} planned runs ({counts} in this sweep)")
    if result.ended_by:
        print(f"the {result.ended_by} is used up, {result.left} runs are left; the same command goes on")


def _say(line: str) -> None:
    print(f"sweep: {line}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
