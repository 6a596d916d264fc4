"""`python -m sase_bench.predictors`: evaluate predictors, fit them, put their predictions into the table, weigh the slots."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import astuple, fields
from functools import partial
from pathlib import Path

import numpy as np

from sase_bench import cli
from sase_bench.answers import Answer, add_format_option, show, styled
from sase_bench.benchmark import Benchmark
from sase_bench.database import Store
from sase_bench.database.reader import default_source
from sase_bench.database.shelf import is_shelf, merging
from sase_bench.errors import RequestError
from sase_bench.predictors import PREDICTORS, shelf
from sase_bench.predictors.evaluation import Row, contenders, evaluate
from sase_bench.predictors.importance import DRAWS, INTERVALS, importance
from sase_bench.predictors.splits import SIZES, Splits
from sase_bench.predictors.targets import Targets, targets
from sase_bench.record import OBJECTIVES
from sase_bench.space import SPACES, Space

__all__ = ["main"]

_say = partial(cli.say, "predictors")


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status as in `sase_bench.cli.run`."""
    return cli.run("predictors", _command, argv)


def _command(argv: Sequence[str] | None) -> int:
    options = _parser().parse_args(argv)
    options.db = options.db or default_source()
    if options.action == "predict" and is_shelf(options.db):
        raise RequestError(f"predictions go into a table; make one of {str(options.db)!r} with: {merging(options.db)}")
    return int(options.run(options))


def _parser() -> cli.Parser:
    parser = cli.Actions("sase_bench.predictors", "Foretell the scores of blocks that were not measured.")
    evaluating, fitting = parser.add("evaluate", _evaluate), parser.add("fit", _fit)
    weighing, predicting = parser.add("importance", _importance), parser.add("predict", _predict)
    for action in (evaluating, fitting, weighing, predicting):
        action.add_argument("--db", type=Path, metavar="PATH", help="the table, or a folder of shards (default: as query)")
        action.add_argument("--proxy", metavar="NAME", help="the proxy (default: that with the most blocks of the space)")
        action.add_argument("--metric", choices=OBJECTIVES, help="the score (default: what the proxy ranks by)")
        action.add_argument("--space", choices=tuple(SPACES), default="full", help="the measured blocks that are used")
        action.add_argument(
            "--shelf", type=Path, default=shelf.DEFAULT_SHELF, metavar="DIR", help="the folder of fitted predictors"
        )
    one = "one of them; may be repeated; all by default"
    for action in (evaluating, fitting, predicting):
        action.add_argument("--predictor", action="append", choices=tuple(PREDICTORS), help=one)
    for action in (fitting, weighing):
        action.add_argument("--seed", type=int, default=0, metavar="N", help="of what is drawn at random")
    evaluating.add_argument("--repeats", type=int, default=20, metavar="N", help="fits for each number of blocks")
    evaluating.add_argument("--sizes", type=_numbers, default=SIZES, metavar="N,N", help="numbers of training blocks")
    evaluating.add_argument("--extras", choices=("costs",), help="also try boosted trees that see parameters and FLOPs")
    for action in (evaluating, weighing):
        add_format_option(action)
    return parser


def _targets(options: argparse.Namespace) -> Targets:
    return targets(Benchmark.load(options.db).measured(options.proxy, options.space), options.metric, options.space)


def _evaluate(options: argparse.Namespace) -> int:
    """Score predictors on the fixed lists."""
    found, names = _targets(options), options.predictor or list(PREDICTORS)
    judged = found.representative()
    splits = Splits.of(found.proxy, found.space, judged.archs, options.repeats, judged.shared_seeds)
    sizes = splits.sizes(options.sizes)
    if skipped := [str(n) for n in options.sizes if n not in sizes]:
        left = len(judged.archs) - splits.tested
        _say(f"left out n = {', '.join(skipped)}: {len(judged.archs)} blocks less {splits.tested} to test on leave {left}")
    if not sizes:
        raise RequestError("no number of training blocks is left to evaluate; name some with --sizes")
    if chosen := len(found.archs) - len(judged.archs):
        _say(f"left out {chosen} blocks that a person or a search chose; the others were drawn at random")
    judgements = list(evaluate(judged, splits, contenders(found.proxy, names, options.extras), sizes, _say))
    rows = [row for scored, _ in judgements for row in scored]
    pairs = [pair for _, compared in judgements for pair in compared]
    folder = shelf.write_evaluation(options.shelf, found, splits, rows, pairs)
    show(options.format, Answer(fields=_SCORES, rows=tuple(astuple(row) for row in rows)))
    _say(f"lists, scores and the differences of all pairs of predictors are in {folder}")
    return 0


def _fit(options: argparse.Namespace) -> int:
    """Fit predictors on all measured blocks, and write their cards."""
    for folder in shelf.fit(options.shelf, _targets(options), options.predictor or list(PREDICTORS), options.seed):
        print(folder)
    return 0


def _predict(options: argparse.Namespace) -> int:
    """Put the predictions of all 117,649 blocks into the table."""
    found = _targets(options)
    place = shelf.folder_of(options.shelf, found.proxy, found.metric, found.space)
    fitted = options.predictor or [name for name in PREDICTORS if (place / name).is_dir()]
    if not fitted:
        raise RequestError(f"there is no predictor in {str(place)!r}; make some with: python -m sase_bench.predictors fit")
    archs = np.arange(len(Space("full")), dtype=np.int64)
    for name in fitted:
        if other := shelf.outdated(place / name, found):
            held = f"{len(found.archs)} blocks and {found.counts.sum()} runs"
            _say(f"{name} was fitted on other data ({other}) than the table has now ({held}); evaluate and fit again")
    predictions = {name: shelf.load(place / name).predict(archs) for name in fitted}
    with Store(options.db) as store:
        for name, prediction in predictions.items():
            store.replace_predictions(found.proxy, found.metric, name, archs, prediction.mean, prediction.sd)
            print(f"{options.db}: {len(archs)} predictions of {found.metric} on {found.proxy} by {name}")
    return 0


def _importance(options: argparse.Namespace) -> int:
    """Say which slots and pairs of slots the scores of all blocks depend on, by the Gaussian process."""
    judged = _targets(options).representative()
    shares = importance(judged, seed=options.seed)
    place = shelf.write_importance(options.shelf, judged, shares, DRAWS)
    show(options.format, Answer(fields=_SHARES, rows=tuple(shares)))
    _say(f"an interval holds {INTERVALS}; cite that of all pairs, a single pair's holds its share less often")
    for share in shares:
        if share.part in ("pairs", "rest") and share.low == 0:
            _say(f"{share.part}: not told apart from none by {len(judged.archs)} blocks")
    _say(f"the shares are in {place}")
    return 0


_NAMED = (*styled("text", "predictor"), *styled("plain", "n", "repeats", "tested", "test_seeds"))
_SCORES = (*_NAMED, *styled("score", *(item.name for item in fields(Row)[len(_NAMED) :])))
_SHARES = (*styled("text", "part", "slot", "other"), *styled("score", "share", "low", "high"))


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(sorted({int(part) for part in text.split(",")}))
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected whole numbers joined by commas, got {text!r}") from None


if __name__ == "__main__":
    sys.exit(main())
