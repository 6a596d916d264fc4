"""Evaluate predictors: repeated fits on the fixed lists of `splits`, every score beside its noise ceiling.

All predictors are fitted and tested on the same lists, so they are compared by paired differences (see `differences`). The
scores of test blocks, their noise and the ceiling are those of the seeds that a repeat holds out (see `splits`).

How far a prediction is from the truth, without noise, is told by the residuals of a test block on the seeds that were held out
and on the others: nothing was learnt from either, and their noise is not the same, so the mean of their products is the mean
square error of the prediction. Intervals hold their share by the noise of the scores alone where it is large beside an sd; the
ratio of that error to the stated variance is what tells whether an sd is right.

Times are of this machine and of whatever else it did. `predict_seconds` is for all 117,649 blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np

from sase_bench.predictors import predictor
from sase_bench.predictors.boosting import BoostedTrees
from sase_bench.predictors.ceiling import Ceiling, noise_ceiling
from sase_bench.predictors.differences import Difference, differences, half_interval
from sase_bench.predictors.features import costs
from sase_bench.predictors.flops import FlopsLine
from sase_bench.predictors.protocol import Fittable, Prediction
from sase_bench.predictors.scores import covered, rank_accuracy
from sase_bench.predictors.splits import Splits
from sase_bench.predictors.targets import Targets
from sase_bench.recipes.registry import find
from sase_bench.record import COLUMNS
from sase_bench.space import Space

__all__ = ["FLOOR", "Row", "contenders", "evaluate"]

Maker = Callable[..., Fittable]

#: The predictor that the bars of cards are compared with.
FLOOR = "linear"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One predictor fitted on n blocks; means over the repeats, medians for times. None where something is not defined."""

    predictor: str
    n: int
    repeats: int
    tested: int  # test blocks of each repeat
    test_seeds: int  # that score them, and nothing was learnt from; 0 = the same as those of the training blocks
    tau: float | None  # Kendall's tau-b with the measured means of the test blocks
    tau_sd: float | None  # over the repeats
    tau_ceiling: float | None
    tau_ceiling_low: float | None  # 95 %, over the blocks
    tau_ceiling_high: float | None
    tau_of_ceiling: float | None
    tau_over_linear: float | None  # mean difference from the linear model on the same lists
    tau_over_linear_low: float | None  # 95 %, corrected for the blocks that repeats share
    tau_over_linear_high: float | None
    tau_over_flops: float | None  # the same from the line over FLOPs alone
    tau_over_flops_low: float | None
    tau_over_flops_high: float | None
    spearman: float | None
    spearman_ceiling: float | None
    precision_at_10: float | None
    precision_at_10_ceiling: float | None
    rmse: float  # in the unit of the metric
    rmse_floor: float | None  # noise of the measured means
    covered_50: float  # share of measured means in the 50 % interval
    covered_90: float
    covered_90_by_noise: float  # the same if every sd were 0
    rmse_true: float | None  # without the noise of the scores; None without seeds that were held out
    sd_stated: float  # root mean square of the predictions' sd
    variance_ratio: float | None  # square of the true error over that of the sd: 1 = calibrated, more = too sure
    variance_ratio_low: float | None  # 95 %, corrected for the blocks that repeats share
    variance_ratio_high: float | None
    fit_seconds: float
    predict_seconds: float


def contenders(proxy: str, names: Sequence[str], extras: str | None) -> dict[str, Maker]:
    """What is evaluated, by name: also the line over FLOPs, and with `extras` boosted trees that see them too."""
    trunk = find(proxy).trunk
    found: dict[str, Maker] = {name: partial(predictor, name, trunk=trunk) for name in names}
    found[FlopsLine.name] = partial(FlopsLine, trunk=trunk)
    if extras is not None:
        beside = costs(proxy)
        found[f"xgb+{extras}"] = lambda seed: BoostedTrees(seed=seed, extras=beside)
    return found


def evaluate(
    targets: Targets, splits: Splits, makers: Mapping[str, Maker], sizes: Sequence[int], say: Callable[[str], None]
) -> Iterator[tuple[list[Row], list[Difference]]]:
    """For each number of training blocks a row for every predictor, and the differences of all pairs of them."""
    repeats = range(len(splits.orders))
    parts = [targets.apart(splits.held_out(repeat)) for repeat in repeats]
    counts = [asked.counts[targets.rows(splits.test(repeat))] for repeat, (_, asked) in zip(repeats, parts, strict=True)]
    bound = noise_ceiling(targets, counts)
    for n in sizes:
        found = {
            name: [_once(maker, *parts[repeat], splits, repeat, n) for repeat in repeats] for name, maker in makers.items()
        }
        taus = {name: np.asarray([one["tau"] for one in results]) for name, results in found.items()}
        pairs = differences(taus, n, blocks=len(splits.archs), tested=splits.tested)
        yield [_row(name, n, results, bound, pairs, splits) for name, results in found.items()], pairs
        say(f"n = {n}: {', '.join(found)}")


def _once(maker: Maker, known: Targets, asked: Targets, splits: Splits, repeat: int, n: int) -> dict[str, float]:
    train, test = (known.rows(archs) for archs in (splits.train(repeat, n), splits.test(repeat)))
    noise = None if known.noise is None else known.noise[train]
    start = perf_counter()
    contender = maker(seed=repeat).fit(known.archs[train], known.y[train], noise)
    fitted = perf_counter()
    everywhere = contender.predict(np.arange(len(Space("full")), dtype=np.int64))
    predicted = perf_counter()
    prediction = Prediction(*(part[asked.archs[test]] for part in everywhere))
    y, own = asked.y[test], None if asked.noise is None else asked.noise[test]
    spare = np.nan if known is asked else known.y[test]
    return {
        **asdict(rank_accuracy(prediction.mean, y, sign=COLUMNS[asked.metric].sign)),
        "square": float(np.mean((prediction.mean - y) ** 2)),
        "noise": np.nan if own is None else float(np.mean(own**2)),
        "covered_50": covered(prediction, y, own, 0.5),
        "covered_90": covered(prediction, y, own, 0.9),
        "covered_90_by_noise": covered(Prediction(prediction.mean, np.zeros(len(test))), y, own, 0.9),
        "error": float(np.mean((y - prediction.mean) * (spare - prediction.mean))),
        "variance": float(np.mean(prediction.sd**2)),
        "fit_seconds": fitted - start,
        "predict_seconds": predicted - fitted,
    }


def _row(
    name: str,
    n: int,
    results: Sequence[Mapping[str, float]],
    bound: Ceiling,
    pairs: Sequence[Difference],
    splits: Splits,
) -> Row:
    columns = {key: np.asarray([result[key] for result in results]) for key in results[0]}
    mean = {key: float(values.mean()) for key, values in columns.items()}
    ratio, margin = (
        part / mean["variance"] for part in (mean["error"], half_interval(columns["error"], len(splits.archs), splits.tested))
    )
    values: dict[str, Any] = {
        "tau": mean["tau"],
        "tau_sd": columns["tau"].std(ddof=1) if len(results) > 1 else np.nan,
        "tau_ceiling": bound.best.tau,
        "tau_ceiling_low": bound.tau_low,
        "tau_ceiling_high": bound.tau_high,
        "tau_of_ceiling": mean["tau"] / bound.best.tau,
        "spearman": mean["spearman"],
        "spearman_ceiling": bound.best.spearman,
        "precision_at_10": mean["precision"],
        "precision_at_10_ceiling": bound.best.precision,
        "rmse": np.sqrt(mean["square"]),
        "rmse_floor": np.sqrt(mean["noise"]),
        "covered_50": mean["covered_50"],
        "covered_90": mean["covered_90"],
        "covered_90_by_noise": mean["covered_90_by_noise"],
        "rmse_true": np.sqrt(max(mean["error"], 0.0)),
        "sd_stated": np.sqrt(mean["variance"]),
        "variance_ratio": ratio,
        "variance_ratio_low": np.maximum(ratio - margin, 0.0),  # nan stays
        "variance_ratio_high": ratio + margin,
        "fit_seconds": np.median(columns["fit_seconds"]),
        "predict_seconds": np.median(columns["predict_seconds"]),
    }
    finite: dict[str, Any] = {key: float(value) if np.isfinite(value) else None for key, value in values.items()}
    ahead: dict[str, Any] = {**_ahead(name, FLOOR, pairs), **_ahead(name, FlopsLine.name, pairs)}
    sizes = {"repeats": len(results), "tested": splits.tested, "test_seeds": len(splits.held_out(0))}
    return Row(predictor=name, n=n, **sizes, **finite, **ahead)


def _ahead(name: str, other: str, pairs: Sequence[Difference]) -> dict[str, float | None]:
    """The columns of the difference of `name` from `other`; None where there is none."""
    seen = (one for pair in pairs for one in (pair, pair.turned()))
    one = next((one for one in seen if (one.predictor, one.other) == (name, other)), None)
    values = (None, None, None) if one is None else (one.tau, one.low, one.high)
    return {f"tau_over_{other}{end}": value for end, value in zip(("", "_low", "_high"), values, strict=True)}
