"""`python -m sase_bench.bo`: search with a predictor, on the table or live; compare searches; end with a block to build."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from sase_bench import cli
from sase_bench.bo.acquisition import ACQUISITIONS, DEFAULT_ACQUISITION
from sase_bench.bo.comparison import Plan
from sase_bench.bo.comparison.command import comparison
from sase_bench.bo.registry import BAYESIAN
from sase_bench.bo.searching import DIFFERENTIABLE, LIVE_SEEDS, live, simulated
from sase_bench.database.reader import DEFAULT_TABLE, default_source
from sase_bench.errors import RequestError
from sase_bench.files import require_writable
from sase_bench.predictors import PREDICTORS
from sase_bench.record import OBJECTIVES
from sase_bench.search import STRATEGIES
from sase_bench.space import SPACES
from sase_bench.sweep.options import add_training_options, check_training_options

__all__ = ["main"]

_PROXY, _SPACE = "digits", "tied"  # of a live search
_EVALUATIONS = 48  # of one search


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status as in `sase_bench.cli.run`."""
    return cli.run("bo", _command, argv)


def _command(argv: Sequence[str] | None) -> int:
    options = _parser().parse_args(argv)
    for name in ("evaluations", "batch", "repeats", "processes", "refit_every"):
        value = getattr(options, name)
        if value is not None and value < 1:
            raise RequestError(f"--{name.replace('_', '-')} is at least 1, got {value}")
    check_training_options(options)
    if options.seed < 0:
        raise RequestError(f"--seed is 0 or positive, got {options.seed}")
    if options.evaluations is None:
        options.evaluations = Plan.evaluations if options.compare else _EVALUATIONS
    if options.db is None:
        options.db = DEFAULT_TABLE if options.live else default_source()
    _refuse_what_is_not_used(options)
    if options.output is not None:
        require_writable(options.output)
    if options.live:
        options.proxy, options.space = options.proxy or _PROXY, options.space or _SPACE
        return live(options)
    return comparison(options) if options.compare else simulated(options)


def _refuse_what_is_not_used(options: argparse.Namespace) -> None:
    """Raises `RequestError` for an option that the mode at hand would pass over in silence."""
    if options.budget is not None and not options.live:
        raise RequestError("--budget is of a live search; add --live")
    if not options.compare:
        for name in ("found", "repeats", "processes", "sees"):
            if getattr(options, name):
                raise RequestError(f"--{name} is of a comparison; add --compare")
        if options.strategy and "," in options.strategy:
            raise RequestError("one strategy searches; several go with --compare")


def _parser() -> argparse.ArgumentParser:
    parser = cli.Parser("sase_bench.bo", "Search for the best attention block with a predictor, or compare searches.")
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument("--simulate", action="store_true", help="ask the table for every result (this is the default)")
    modes.add_argument("--live", action="store_true", help="train every suggestion, write it to the table, go on after a stop")
    modes.add_argument("--compare", action="store_true", help="run all strategies many times on the table")
    search = parser.add_argument_group("the search")
    search.add_argument("--surrogate", choices=tuple(PREDICTORS), default="gp", help="the predictor of the search")
    search.add_argument(
        "--acquisition", choices=tuple(ACQUISITIONS), default=DEFAULT_ACQUISITION, help="what makes a block worth trying"
    )
    objective = f"{', '.join(OBJECTIVES)} (default: what the proxy ranks by), and costs to weigh it against: "
    objective += "val_loss,params,flops,latency"
    search.add_argument("--objective", metavar="METRIC[,COST...]", help=objective)
    space = f"the pool (default: the smallest that holds all measured blocks; live {_SPACE})"
    search.add_argument("--space", choices=tuple(SPACES), help=space)
    others = ", ".join((*STRATEGIES, "bananas", *DIFFERENTIABLE))
    strategy = f"{BAYESIAN} (surrogate × acquisition), SURROGATE, SURROGATE:ACQUISITION, {others}; several with --compare"
    search.add_argument("--strategy", metavar="NAME[,NAME...]", help=strategy)
    evaluations = f"blocks (default: {_EVALUATIONS}, with --compare {Plan.evaluations}); live, those in the table count too"
    search.add_argument("--evaluations", type=int, metavar="N", help=evaluations)
    search.add_argument("--batch", type=int, default=Plan.batch, metavar="N", help="blocks asked for at a time")
    search.add_argument(
        "--refit-every", type=int, default=Plan.refit_every, metavar="N", help="results between two fits of the surrogate"
    )
    search.add_argument("--seed", type=int, default=Plan.first_seed, help="of the search; of the first repeat")
    table = parser.add_argument_group("the table and its runs")
    db = f"the table, or to simulate a folder of shards (default: {DEFAULT_TABLE}, else the release)"
    table.add_argument("--db", type=Path, metavar="PATH", help=db)
    proxy = (
        f"the task; python -m sase_bench.proxies lists them (default: that with the most blocks of the space, live {_PROXY})"
    )
    table.add_argument("--proxy", help=proxy)
    seeds = f"runs of each block: a count or a list (default: all there are; live {LIVE_SEEDS})"
    table.add_argument("--seeds", metavar="SEEDS", help=seeds)
    workers = "runs at once, real or simulated (default: 1; live one for each usable processor, on a GPU 2)"
    add_training_options(table, workers=workers)
    table.add_argument("--budget", metavar="TIME", help="live: stop cleanly before this time is over: 90s, 30m, 2h")
    output = "JSON: of a comparison, of a simulated search block by block, or of a differentiable search"
    table.add_argument("--output", type=Path, metavar="PATH", help=output)
    many = parser.add_argument_group("the comparison")
    repeats = f"searches of each strategy, with paired seeds (default: {Plan.repeats})"
    many.add_argument("--repeats", type=int, metavar="N", help=repeats)
    many.add_argument("--processes", type=int, metavar="N", help="searches at once (default: one for each usable processor)")
    sees = f"a block shows its mean, or one of its runs (default: {Plan.sees})"
    many.add_argument("--sees", choices=("mean", "seed"), help=sees)
    many.add_argument("--found", type=Path, nargs="+", default=[], metavar="PATH", help="outputs of differentiable searches")
    return parser


if __name__ == "__main__":
    sys.exit(main())
