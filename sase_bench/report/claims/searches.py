"""Whether a search with a predictor is ahead of the others in simulation, and of none at all, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from sase_bench.bo.comparison import Summary
from sase_bench.bo.comparison.rendering import figure, order
from sase_bench.bo.registry import names
from sase_bench.report.claims.claim import Claim
from sase_bench.report.claims.phrases import listed
from sase_bench.report.evidence.largest import LargestFirst
from sase_bench.report.evidence.searches import command_of, is_of_means

__all__ = ["searched"]

_SURE = 0.01  # p-value of a win that a sentence tells


def searched(searches: Sequence[Summary], largest: Sequence[LargestFirst | None] = ()) -> Claim | None:
    """Whether a search with a predictor is seen to be ahead, on the largest pool where one was ranked among others.

    Where searches of that pool were compared by one noisy run of each block, that is told first, and by the means after it.
    `largest` is for each search what comes of no search at all.
    """
    judged = [
        (search, ordered, *ranked)
        for search, ordered in zip_longest(searches, largest)
        if search is not None and (ranked := _first_ranks(search))
    ]
    if not judged:
        return None
    search, ordered, count, best, p_beats = max(judged, key=lambda item: (item[0]["pool"], not is_of_means(item[0])))
    rivals = p_beats[best]
    beaten = [name for name, p in rivals.items() if p < _SURE]
    found = {name: values["regret"][count] for name, values in search["strategies"].items()}
    alike = sorted(name for name in p_beats if found[name] == found[best])
    guided = f"searches guided by the predictors {listed(alike)} are" if len(alike) > 1 else f"the search guided by {best} is"
    said = f"{guided} ahead of {listed(beaten)}" if beaten else "no search with a predictor is seen to be ahead of one without"
    missing = [name for name in names() if name not in search["strategies"]]
    headline = f"Simulated on {search['pool']} measured blocks with {_seen(search)}, after {count} of them {said}"
    text = (
        f"Regret in {search['metric']} on {search['proxy']}, mean and standard error over {search['repeats']} repeats with "
        f"paired seeds: {_regrets(search, count)}. That {best} is ahead of each, p by Wilcoxon's paired test after Holm over "
        f"all pairs: {_tests(rivals)}; Nemenyi's test of average ranks, in the figure, is weaker and may join what these tell "
        f"apart. The repeats are other random starts on this table, so that says nothing of other tables."
        f"{_ordered(ordered, int(count))} Regret is the distance from the best block of the table by its mean{_certain(search)}"
    )
    if not is_of_means(search):
        text += (
            f" A search is judged by {search['judged_by']} of a block. One with a model of the scores ends with the block that "
            "it believes best, others with the best seen."
        )
    text += "".join(_by_means(item[0], *item[2:]) for item in judged if _has_the_means(item[0], search))
    text += f" Not compared here: {listed(missing)}." if missing else ""
    return Claim(f"{headline}{_so_is(ordered, int(count), found[best])}.", text, command_of(search))


def _seen(search: Summary) -> str:
    """What is shown of each block."""
    return "the mean of its runs shown of each" if is_of_means(search) else "one run shown of each"


def _regrets(search: Summary, count: str) -> str:
    """After so many blocks, the smallest first."""
    found = {name: values["regret"][count] for name, values in search["strategies"].items()}
    return ", ".join(f"{name} {figure(found[name])}" for name in sorted(found, key=lambda name: (order(found[name]), name)))


def _tests(p_values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {p:.2g}" for name, p in p_values.items())


def _has_the_means(other: Summary, search: Summary) -> bool:
    """Whether the other was shown means, on the pool where this one was shown single runs."""
    pools = [(one["proxy"], one["space"], one["metric"], one["pool"]) for one in (other, search)]
    return pools[0] == pools[1] and is_of_means(other) and not is_of_means(search)


def _by_means(search: Summary, count: str, best: str, p_beats: Mapping[str, Mapping[str, float]]) -> str:
    return (
        " Shown the mean of each block's runs, which is the truth itself and more than a search that trains each block once "
        f"has: {_regrets(search, count)}; that {best} is ahead: {_tests(p_beats[best])}."
    )


def _so_is(ordered: LargestFirst | None, count: int, regret: Sequence[float | None]) -> str:
    if ordered is None or count > len(ordered.regrets) or regret[0] is None or ordered.regrets[count - 1] > regret[0]:
        return ""
    return "; so is to try the blocks with the most FLOPs first"


def _ordered(ordered: LargestFirst | None, count: int) -> str:
    """What comes of the blocks in order of their FLOPs."""
    if ordered is None or count > len(ordered.regrets):
        return ""
    return (
        f" The {ordered.blocks} blocks of the pool, tried in order of their FLOPs, the most first, which takes no search: "
        f"regret {ordered.regrets[count - 1]:.4f} after {count}, the best of them met as number {ordered.best_at}."
    )


def _first_ranks(search: Summary) -> tuple[str, str, dict[str, dict[str, float]]] | None:
    """The fewest evaluations at which a guided search was ranked among rivals, the best guided one, and who beats whom."""
    parts = [(count, part["best_guided"], part["p_beats"]) for count, part in search["ranks"].items()]
    return next(((count, best, p_beats) for count, best, p_beats in parts if best and any(p_beats.values())), None)


def _certain(search: Summary) -> str:
    """Where the best block truly stands."""
    found = search["certainty"]
    if found is None:
        return "."
    low, high = found["oracle_place"]
    return f", whose true place is {low} to {high} of {found['blocks']} with 95 % probability."
