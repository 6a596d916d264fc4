"""`python -m sase_bench.sweep`: train blocks on a proxy into the table; start it again and it goes on."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from sase_bench import cli
from sase_bench.database import Store
from sase_bench.database.reader import DEFAULT_TABLE, connect
from sase_bench.errors import RequestError
from sase_bench.proxies.folder import VARIABLE, find_folder
from sase_bench.proxies.registry import find
from sase_bench.space import SPACES, Space
from sase_bench.sweep.driver import Result, sweep
from sase_bench.sweep.estimate import estimate
from sase_bench.sweep.executor import Job, Task
from sase_bench.sweep.local import LocalExecutor, usable_cpus
from sase_bench.sweep.plan import read_plan, read_seeds, tasks_of
from sase_bench.sweep.progress import ProgressBar

__all__ = ["main"]

_EXECUTORS = {"local": LocalExecutor}
_PLAN = "random:24"
_UNITS = {"s": 1, "m": 60, "h": 3600}


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status as in `sase_bench.cli.run`."""
    return cli.run("sweep", _command, argv)


def _command(argv: Sequence[str] | None) -> int:
    options = _parser().parse_args(argv)
    proxy = find(options.proxy)
    plan = read_plan(options.plan or [_PLAN], Space(options.space))
    tasks = tasks_of(plan, read_seeds(options.seeds))
    budget = None if options.budget is None else read_duration(options.budget)
    if options.workers is not None and options.workers < 1:
        raise RequestError(f"--workers is at least 1, got {options.workers}")
    if proxy.dataset != "digits":
        find_folder(proxy.dataset, options.data, download=options.download)
    job = Job(proxy=proxy, folder=options.data, download=options.download, device=options.device)
    workers = options.workers or usable_cpus()
    if options.dry_run:
        return _dry_run(job, tasks, workers, options.db)
    executor = _EXECUTORS[options.executor](job, workers)
    with Store(options.db, [proxy]) as store:
        if store.recovered:
            _say(f"took {store.recovered} finished runs from the journal of an interrupted sweep")
        if store.damaged:
            _say(f"left out {store.damaged} damaged lines of the journal; they are kept in {options.db}.journal.damaged")
        before = sum((task.arch.index, proxy.name, task.seed) in store for task in tasks)
        with ProgressBar(total=len(tasks), before=before, name=proxy.name) as bar:
            try:
                result = sweep(store, executor, job, tasks, budget=budget, progress=bar)
            except KeyboardInterrupt:
                bar.close()
                _say(f"stopped; {bar.done} runs of this sweep are in {options.db}; the same command goes on")
                raise
    _report(result, options.db)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = cli.Parser("sase_bench.sweep", "Train attention blocks on a proxy task and keep the results in a table.")
    parser.add_argument("--space", choices=tuple(SPACES), default="tied", help="the space that the plan is drawn from")
    plan = f"all, random:N, file:PATH, or blocks as text or index (default: {_PLAN})"
    parser.add_argument("--plan", nargs="+", metavar="PLAN", help=plan)
    parser.add_argument("--proxy", default="digits", help="the task; python -m sase_bench.proxies lists them")
    parser.add_argument("--seeds", default="3", help="a count (3 is the seeds 0, 1, 2) or a list (0,1,2)")
    parser.add_argument("--workers", type=int, metavar="N", help="runs at once (default: one for each usable processor)")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where to train")
    parser.add_argument("--executor", choices=tuple(_EXECUTORS), default="local", help="who trains")
    parser.add_argument("--budget", metavar="TIME", help="stop cleanly before this time is over: 90s, 30m, 2h")
    parser.add_argument("--db", type=Path, default=DEFAULT_TABLE, metavar="PATH", help="the table to fill")
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


def _dry_run(job: Job, tasks: Sequence[Task], workers: int, path: Path) -> int:
    """Write nothing, and tell what the same command would do without --dry-run."""
    done: set[tuple[int, int]] = set()
    if path.exists():
        with connect(path) as table:
            done = set(table.execute("SELECT arch, seed FROM runs WHERE proxy = ?", [job.proxy.name]).fetchall())
    todo = [task for task in tasks if (task.arch.index, task.seed) not in done]
    blocks = len({task.arch for task in tasks})
    print(f"proxy {job.proxy.name}: {job.proxy.description}")
    print(f"plan: {blocks} blocks, {len(tasks)} runs, {len(tasks) - len(todo)} of them already in {path}")
    if todo:
        each = estimate(job, todo)
        total = duration(len(todo) * each.seconds / workers)
        timed = f"{each.seconds:.1f} s a run, from {each.blocks} timed blocks"
        print(f"to do: {len(todo)} runs, about {total} with {workers} workers ({timed})")
    return 0


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
