"""`python -m sase_bench.calibrate`: train k blocks with s seeds on a proxy, and say how far its scores can be trusted."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from sase_bench import cli
from sase_bench.answers import Answer, add_format_option, show, styled
from sase_bench.answers.formats import FOR_PEOPLE
from sase_bench.calibrate.findings import RULE, Finding, apart, findings, judge
from sase_bench.calibrate.group import blocks_where
from sase_bench.calibrate.scores import panel
from sase_bench.database import Store, connect
from sase_bench.database.reader import DEFAULT_TABLE, default_source
from sase_bench.database.rows import largest_proxy
from sase_bench.database.shelf import is_shelf
from sase_bench.errors import RequestError
from sase_bench.recipes.recipe import Proxy
from sase_bench.recipes.registry import REFERENCE, find
from sase_bench.space import SPACES, Space
from sase_bench.sweep.entries import Entry
from sase_bench.sweep.filling import fill, work_of
from sase_bench.sweep.options import add_training_options, check_training_options
from sase_bench.sweep.plan import read_plan
from sase_bench.sweep.target import Target

__all__ = ["main"]

_REFERENCE = f"a longer training that its ranking is compared with (with --measured {REFERENCE}, if the table has it)"
_PROXY = "digits"  # where something is trained


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status as in `sase_bench.cli.run`."""
    return cli.run("calibrate", _command, argv)


def _command(argv: Sequence[str] | None) -> int:
    options = _parser().parse_args(argv)
    if options.db is None:
        options.db = default_source() if options.measured else DEFAULT_TABLE
    if options.proxy == "all":
        return _judge_all(options)
    if options.proxy is None:
        options.proxy = _largest(options.db, options.space) if options.measured else _PROXY
    if options.reference == options.proxy:
        raise RequestError(f"the reference is another proxy than the one that is judged, got {options.proxy} for both")
    names = [options.proxy] + ([options.reference] if options.reference else [])
    proxies = [find(name) for name in names]
    if not options.measured:
        if options.where is not None:
            raise RequestError("--where judges some blocks of what a table has; add --measured")
        _train(proxies, options)
    with connect(options.db) as table:
        among = None if options.where is None else blocks_where(table, options.where)
        by_default = options.measured and options.reference is None
        space = options.space if options.measured else None
        found = next(judge(table, proxy=options.proxy, among=among, space=space), []) if by_default else []
        if not found:
            long = panel(table, options.reference, among=among, space=space) if options.reference else None
            measured = panel(table, options.proxy, among=among, space=space)
            paired = apart(table, measured, options.proxy, long, space) if long else None
            found = list(findings(options.proxy, measured, options.reference, long, paired))
    _show([found], options.format, options.where)
    if among is None and space is None:  # the table has findings of all blocks alone
        _keep(options.db, proxies, found)
    return 0


def _train(proxies: Sequence[Proxy], options: argparse.Namespace) -> None:
    """Sweep each proxy; seeds count on from one to the next, for what two tasks share of a seed would pass for agreement."""
    if options.blocks < 3 or options.seeds < 2:
        raise RequestError(f"a calibration takes at least 3 blocks and 2 seeds, got {options.blocks} and {options.seeds}")
    check_training_options(options)
    space, target = Space(options.space or "full"), Target(options.db)
    blocks = read_plan([f"random:{options.blocks}"], space)
    entries = [
        Entry(proxy=proxy, blocks=blocks, seeds=list(range(first, first + options.seeds)), why="to be judged")
        for proxy, first in zip(proxies, range(0, len(proxies) * options.seeds, options.seeds), strict=True)
    ]
    target.check()
    fill(work_of(entries, options), target, options, partial(cli.say, "calibrate"))


def _judge_all(options: argparse.Namespace) -> int:
    """Judge every proxy with enough runs in the table, and train nothing."""
    if not options.measured:
        raise RequestError("--proxy all judges what a table has; add --measured")
    if options.where is not None:
        raise RequestError("--where is of one proxy; name it with --proxy")
    if options.space is not None:
        raise RequestError("--space is of one proxy; name it with --proxy")
    with connect(options.db) as table:
        found = list(judge(table, options.reference))
    if not found:
        raise RequestError(f"no proxy in {str(options.db)!r} has been measured with two seeds")
    if options.format == "md":
        print(f"{RULE}\n")
    _show(found, options.format)
    _keep(options.db, (), [finding for group in found for finding in group])
    return 0


def _largest(db: Path, space: str | None) -> str:
    with connect(db) as table:
        found = largest_proxy(table, space or "full")
    if found is None:
        raise RequestError(f"{str(db)!r} holds no runs yet")
    return found


def _keep(db: Path, proxies: Sequence[Proxy], found: Sequence[Finding]) -> None:
    """Enter the findings into the table; a shelf has its own from `python -m sase_bench.release`."""
    if not is_shelf(db):
        with Store(db, proxies) as store:
            store.replace_calibrations([finding.row() for finding in found])


def _parser() -> argparse.ArgumentParser:
    parser = cli.Parser("sase_bench.calibrate", "Measure the reliability and the validity of a proxy's scores.")
    proxy = f"the proxy to be judged, or all (default: {_PROXY}; --measured: that with the most blocks of the space)"
    parser.add_argument("--proxy", help=proxy)
    parser.add_argument("--reference", metavar="PROXY", help=_REFERENCE)
    space = "the space that blocks are drawn from (default: full; --measured: that with the most to judge by)"
    parser.add_argument("--space", choices=tuple(SPACES), help=space)
    parser.add_argument("--blocks", type=int, default=24, metavar="K", help="blocks to train")
    parser.add_argument("--seeds", type=int, default=4, metavar="S", help="seeds of each; the reference gets the S after them")
    parser.add_argument("--measured", action="store_true", help="train nothing, judge by what the table has")
    where = "only blocks whose slots meet it, as in query: channel_gate = affine (with --measured)"
    parser.add_argument("--where", metavar="CONDITION", help=where)
    add_training_options(parser)
    db = f"the table (default: {DEFAULT_TABLE}; --measured, which also takes a folder of shards: that, else the release)"
    parser.add_argument("--db", type=Path, metavar="PATH", help=db)
    add_format_option(parser)
    return parser


def _show(found: Sequence[Sequence[Finding]], name: str, where: str | None = None) -> None:
    """For people a table for each proxy, for programs a single one."""
    if name in FOR_PEOPLE:
        show(name, *(_judged(group, where) for group in found))
    else:
        show(name, Answer.of([finding.record() for group in found for finding in group]))


def _judged(found: Sequence[Finding], where: str | None) -> Answer:
    """The findings of one proxy, of the blocks that meet a condition; figures stand with their intervals."""
    first = found[0]
    title = (
        f"{first.proxy}: {first.blocks} blocks{'' if first.space is None else f' drawn from the {first.space} space'}"
        f"{'' if where is None else f' where {where},'} with {first.seeds} seeds, "
        f"{first.seconds:.1f} s a run, {first.unscored} of {first.runs} runs without a score; ranks, 95 % intervals over blocks"
    )
    if first.shared_seeds:
        title += f"; {len(first.shared_seeds)} seeds are the reference's too, which may raise the validity"
    valid = f"validity against {first.reference}" if first.reference else "validity"
    fields = styled("text", "metric", "ICC of a run", f"reliability of {first.seeds} seeds", valid)
    rows = [
        (item.metric, str(item.icc), str(item.reliability), str(item.validity or "not measured"), item.reference_blocks)
        for item in found
    ]
    if first.reference:
        return Answer(title=title, fields=(*fields, *styled("count", "n")), rows=tuple(rows))
    return Answer(title=title, fields=fields, rows=tuple(row[:-1] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
