"""`python -m sase_bench.latency`: time parts, compose networks from them, check the sums, fill a table."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from sase_bench import cli
from sase_bench.answers import Answer, add_format_option, show, styled
from sase_bench.cost import DEFAULT_TRUNKS, find_trunk
from sase_bench.database.version import DEFAULT_SHELF, DEFAULT_TABLE, released_path
from sase_bench.errors import RequestError, needing
from sase_bench.latency.accuracy import LEAST_SAMPLES, of_exact, repeatability
from sase_bench.latency.checks import Checked, accuracies, held_out, read_checks, replace_checks
from sase_bench.latency.comparisons import Compared, ratio_of
from sase_bench.latency.filling import fill, latency_of
from sase_bench.latency.timings import Setting, Timing, read_timings, seconds_of
from sase_bench.modules import PLAIN, Module, all_modules, parse_attention
from sase_bench.space import SASE, SASE_BLOCK, Space

__all__ = ["main"]

_FOLDER, _TIMINGS, _CHECKS, _COMPARISONS = "latency", "operations.parquet", "check.parquet", "comparisons.parquet"
_OWN = DEFAULT_SHELF / _FOLDER
_BATCHES = (1, 32)
_TRAINING_BATCH = 4


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status as in `sase_bench.cli.run`."""
    return cli.run("latency", _command, argv)


def _command(argv: Sequence[str] | None) -> int:
    options = _parser().parse_args(argv)
    options.trunks = [find_trunk(name) for name in options.trunks]
    clock = options.clock
    if clock == "auto":
        clock = "thread" if (options.device, options.threads) == ("cpu", 1) else "wall"
    batches = options.batch or (_BATCHES if options.action == "measure" else (1,))
    options.settings = [
        Setting(batch=batch, device=options.device, threads=options.threads, clock=clock) for batch in dict.fromkeys(batches)
    ]
    if getattr(options, "passes", 1) < 1:
        raise RequestError(f"--passes is at least 1, got {options.passes}")
    return int(options.run(options))


def _parser() -> cli.Parser:
    parser = cli.Actions("sase_bench.latency", "How long a forward pass takes, for every block in some trunks.")
    checking, comparing, composing = (
        parser.add("check", _check),
        parser.add("compare", _compare),
        parser.add("compose", _compose),
    )
    filling, measuring = parser.add("fill", _fill), parser.add("measure", _measure)
    clocks = "CPU time of the one thread, or the time that passes; auto: thread for one thread on the CPU"
    names = [trunk.name for trunk in DEFAULT_TRUNKS]
    for action in (checking, comparing, composing, filling, measuring):
        action.add_argument("--trunks", nargs="+", metavar="TRUNK", default=names, help="the networks around the blocks")
        batches = f"images (default: {' and '.join(map(str, _BATCHES)) if action is measuring else 1})"
        action.add_argument("--batch", nargs="+", type=int, metavar="N", help=batches)
        action.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="where to compute")
        action.add_argument("--threads", type=int, default=1, metavar="N", help="threads of torch on the CPU")
        action.add_argument("--clock", choices=("auto", "thread", "wall"), default="auto", help=clocks)
    for action, passes in ((checking, 3), (comparing, 5), (measuring, 20)):
        action.add_argument("--passes", type=int, default=passes, metavar="N", help="rounds over all that is timed")
    checking.add_argument("--of", choices=("networks", "blocks"), default="networks", help="what to check")
    checking.add_argument("--blocks", type=int, default=60, metavar="N", help="random blocks of the full space to check")
    checking.add_argument("--seed", type=int, default=0, metavar="N", help="that draws them")
    landmarks = "blocks (default: the fastest, the median, the published and the slowest)"
    composing.add_argument("--attention", nargs="+", metavar="BLOCK", help=landmarks)
    attention = "modules or blocks (default: all modules, and sase)"
    comparing.add_argument("--attention", nargs="+", metavar="NAME", help=attention)
    training = "images of a training step"
    comparing.add_argument("--training-batch", type=int, default=_TRAINING_BATCH, metavar="N", help=training)
    comparing.add_argument("--comparisons", type=Path, default=_OWN / _COMPARISONS, metavar="PATH", help="the file to write to")
    measuring.add_argument("--timings", type=Path, default=_OWN / _TIMINGS, metavar="PATH", help="the file to write to")
    for action in (checking, composing, filling):
        timings = f"the file of timings (default: {_OWN / _TIMINGS}, else the release's)"
        action.add_argument("--timings", type=Path, default=_known(_TIMINGS), metavar="PATH", help=timings)
    checking.add_argument("--checks", type=Path, default=_OWN / _CHECKS, metavar="PATH", help="the file to write to")
    for action in (composing, filling):
        checks = f"the file of checks (default: {_OWN / _CHECKS}, else the release's)"
        action.add_argument("--checks", type=Path, default=_known(_CHECKS), metavar="PATH", help=checks)
    filling.add_argument("--db", type=Path, default=DEFAULT_TABLE, metavar="PATH", help="the table to fill")
    for action in (checking, comparing, composing):
        add_format_option(action)
    return parser


def _known(name: str) -> Path:
    """A file that was made here, else the one of the release."""
    own = _OWN / name
    return own if own.exists() else released_path(_FOLDER, name)


def _measure(options: Any) -> int:
    """Time every part of the trunks; what is in the file is not timed again."""
    timing = _with_torch("parts")
    try:
        with _bar("measure") as report:
            found = timing.measure_parts(
                options.timings, options.trunks, options.settings, passes=options.passes, report=report
            )
    except KeyboardInterrupt:
        cli.say("latency", f"stopped; what was timed is in {options.timings}, the same command goes on")
        raise
    print(f"{options.timings}: {len(found)} timings, {sum(len(timing.seconds) for timing in found):,} repetitions")
    return 0


def _compose(options: Any) -> int:
    """Print the blocks of --attention, or the fastest, median, slowest and published block of all."""
    asked = [_composable(text) for text in options.attention or ()]
    timings, checks = _existing(options.timings), read_checks(options.checks)
    lines = []
    for trunk in options.trunks:
        for setting in options.settings:
            seconds, about = latency_of(trunk, timings, checks, setting)
            order = seconds.argsort(kind="stable")
            landmarks = [
                ("fastest", int(order[0])),
                ("median", int(order[len(order) // 2])),
                ("published", SASE_BLOCK.index),
                ("slowest", int(order[-1])),
            ]
            places = [(f"place {1 + int((seconds < seconds[arch]).sum()):,}", arch) for arch in asked]
            for name, arch in places or landmarks:
                lines.append(
                    (trunk.name, setting.batch, about["factor"], name, arch, str(Space("full")[arch]), float(seconds[arch]))
                )
    show(options.format, Answer(fields=_COMPOSED, rows=tuple(lines)))
    return 0


def _composable(text: str) -> int:
    """The index of a block."""
    found = parse_attention(text)
    if isinstance(found, Module):
        command = f"python -m sase_bench.latency compare --attention {found}"
        raise RequestError(f"compose takes blocks, got the module {found}, which is timed by: {command}")
    return found.index


def _check(options: Any) -> int:
    """Time random networks or blocks and compare with the sums."""
    if options.blocks < 2 * LEAST_SAMPLES:
        raise RequestError(f"--blocks is at least {2 * LEAST_SAMPLES}, got {options.blocks}")
    timings, archs = _existing(options.timings), Space("full").sample(options.blocks, options.seed)
    planned = [
        (trunk, setting, seconds_of(timings, trunk, setting)[1]) for trunk in options.trunks for setting in options.settings
    ]
    timing, rows = _with_torch("checks"), list[Checked]()
    for trunk, setting, parts in planned:
        with _bar(f"{trunk.name} batch {setting.batch}") as report:
            found = timing.check(options.of, trunk, parts, archs, setting, passes=options.passes, report=report)
        replace_checks(options.checks, found)
        rows += found
    lines = []
    for (trunk_name, kind, conditions), found in accuracies(rows).items():
        again = held_out(rows, trunk_name, kind, conditions)
        exact = of_exact(again)
        lines.append(
            (trunk_name, kind, conditions.setting.batch, found.samples, found.spearman, found.kendall, found.held_out_spearman,
             repeatability(again), exact.value, exact.low, exact.high, found.error, found.corrected_error, found.largest_error,
             found.factor, found.residual, found.drift)
        )  # fmt: skip
    show(options.format, Answer(fields=_AGREED, rows=tuple(lines)))
    return 0


def _fill(options: Any) -> int:
    """Enter the costs of all blocks in the trunks into a table."""
    from sase_bench.database import Store, connect  # here: what times needs no DuckDB

    if len(options.settings) > 1:
        raise RequestError(f"fill takes one --batch, that of the column latency; got {len(options.settings)}")
    timings, checks = _existing(options.timings), read_checks(options.checks)
    (setting,) = options.settings
    for trunk in options.trunks:
        seconds_of(timings, trunk, setting)  # nothing is filled if one is missing
    if not options.db.exists():
        connect(options.db)  # which refuses a mistyped name, where `Store` would make a table of it
    with Store(options.db) as store:
        for trunk in options.trunks:
            about = fill(store, trunk, timings, checks, setting)
            print(f"{options.db}: {trunk.name}: {', '.join(f'{name} {value}' for name, value in about.items())}")
    return 0


def _compare(options: Any) -> int:
    """Time whole networks with published modules or blocks against the plain one, forward and in training."""
    if len(options.settings) > 1:
        raise RequestError(f"compare takes one --batch, that of the forward pass; got {len(options.settings)}")
    (forward,) = options.settings
    settings = {"forward": forward, "training": replace(forward, batch=options.training_batch)}
    names = options.attention or [str(module) for module in all_modules()] + [SASE]
    timing, rows = _with_torch("comparisons"), list[Compared]()
    for trunk in options.trunks:
        with _bar(f"compare {trunk.name}") as report:
            rows += timing.compare_networks(
                options.comparisons, trunk, [PLAIN, *names], settings, passes=options.passes, report=report
            )
    lines = []
    for row in rows:
        ratio = ratio_of(row, rows)
        memory = (None if size is None else size / 2**20 for size in (row.activations, row.peak))
        times = row.p50 * 1e3, row.p95 * 1e3, ratio and ratio.median, ratio and ratio.low, ratio and ratio.high
        lines.append((row.trunk, row.attention, row.work, row.conditions.setting.batch, row.rounds, *times, *memory))
    show(options.format, Answer(fields=_COMPARED, rows=tuple(lines)))
    return 0


#: Of `compose`, `check` and `compare`: what they print for each block, for each trunk and batch size, and for each network.
_COMPOSED = (
    *styled("text", "trunk"),
    *styled("plain", "batch"),
    *styled("digits", "factor"),
    *styled("text", "block"),
    *styled("plain", "arch"),
    *styled("text", "text"),
    *styled("digits", "seconds"),
)
_AGREED = (
    *styled("text", "trunk", "of"),
    *styled("plain", "batch", "n"),
    *styled("score", "spearman", "kendall", "held_out", "repeat", "exact", "exact_low", "exact_high"),
    *styled("score", "error", "corrected", "largest", "factor"),
    *styled("digits", "residual", "drift"),
)
_COMPARED = (
    *styled("text", "trunk", "attention", "work"),
    *styled("plain", "batch", "rounds"),
    *styled("digits", "p50_ms", "p95_ms", "ratio", "ratio_low", "ratio_high", "kept_mib", "peak_mib"),
)


def _existing(path: Path) -> list[Timing]:
    found = read_timings(path)
    if not found:
        raise RequestError(f"there are no timings in {str(path)!r}; make some with: python -m sase_bench.latency measure")
    return found


def _with_torch(name: str) -> Any:
    """A module that runs against the clock, which needs torch."""
    with needing("timing", "train"):
        return import_module(f"sase_bench.latency.timing.{name}")


@contextmanager
def _bar(name: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on stderr, as a function of what is done and what is planned."""
    with ExitStack() as stack:
        bars: list[Any] = []  # one, as soon as there is something to show

        def report(done: int, planned: int) -> None:
            if not bars:
                bars.append(stack.enter_context(cli.progress(planned, name=name, unit="visit", smoothing=0)))
            bars[0].update(done - bars[0].n)

        yield report


if __name__ == "__main__":
    sys.exit(main())
