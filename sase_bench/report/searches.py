"""What comparisons of searches on a table say, as `python -m sase_bench.bo --compare --output` wrote them, one a file."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import cast

from sase_bench.bo.comparison import Summary
from sase_bench.bo.comparison.rendering import figure, order
from sase_bench.bo.registry import names
from sase_bench.errors import RequestError
from sase_bench.files import read_json
from sase_bench.recipes.registry import PROXIES
from sase_bench.report.claim import Claim
from sase_bench.report.largest import LargestFirst
from sase_bench.report.phrases import listed

__all__ = ["FOLDER", "claim", "command_of", "name_of", "read_searches"]

#: Where `command_of` puts a comparison.
FOLDER = Path("reports") / "searches"

_FOUND = Path("database") / "searches"  # what differentiable searches found, by data set
_DIFFERENTIABLE = "differentiable"  # how the names of such strategies and files begin
_SURE = 0.01  # p-value of a win that a sentence tells


def read_searches(folder: Path) -> list[Summary]:
    """The comparisons in a folder by name, none where there is no folder. Raises `RequestError` for another file."""
    found = [(path, read_json(path)) for path in sorted(folder.glob("*.json"))]
    for path, content in found:
        if not content.keys() >= Summary.__required_keys__:
            raise RequestError(
                f"{str(path)!r} is no comparison of searches; python -m sase_bench.bo --compare --output makes one"
            )
    return [cast(Summary, content) for _, content in found]


def found_for(search: Summary, folder: Path = _FOUND) -> list[Path]:
    """The differentiable searches on the comparison's proxy that are kept in a folder, if the comparison has any."""
    if not any(name.startswith(_DIFFERENTIABLE) for name in search["strategies"]) or search["proxy"] not in PROXIES:
        return []
    return sorted(folder.glob(f"{PROXIES[search['proxy']].dataset}-{_DIFFERENTIABLE}*.json"))


def name_of(search: Summary) -> str:
    """What tells a comparison from others, also in the names of files."""
    return f"{search['proxy']}-{search['metric']}-{search['space']}"


def command_of(search: Summary) -> str:
    """What makes the comparison again; differentiable searches come from the files where the release has them."""
    given = [name for name in search["strategies"] if not name.startswith(_DIFFERENTIABLE)]
    evaluations = max(len(found["curve"]) for found in search["strategies"].values())
    options = {"workers": search["workers"], "batch": search["batch"], "refit-every": search["refit_every"]}
    dataset = PROXIES[search["proxy"]].dataset if search["proxy"] in PROXIES else "*"
    others = f" --found {_FOUND / f'{dataset}-{_DIFFERENTIABLE}*.json'}" if len(given) < len(search["strategies"]) else ""
    others += "".join(f" --{name} {value}" for name, value in options.items() if value != 1)
    return (
        f"python -m sase_bench.bo --compare --proxy {search['proxy']} --objective {search['metric']} --space {search['space']} "
        f"--evaluations {evaluations} --repeats {search['repeats']} --strategy {','.join(given)}{others} "
        f"--output {FOLDER / name_of(search)}.json"
    )


def claim(searches: Sequence[Summary], largest: Sequence[LargestFirst | None] = ()) -> Claim | None:
    """Whether a search with a predictor is seen to be ahead, on the largest pool where one was ranked among others.

    `largest` is for each search what comes of no search at all.
    """
    judged = [
        (search, ordered, *ranked)
        for search, ordered in zip_longest(searches, largest)
        if search is not None and (ranked := _first_ranks(search))
    ]
    if not judged:
        return None
    search, ordered, count, best, p_beats = max(judged, key=lambda item: item[0]["pool"])
    rivals = p_beats[best]
    beaten = [name for name, p in rivals.items() if p < _SURE]
    found = {name: values["regret"][count] for name, values in search["strategies"].items()}
    alike = sorted(name for name in p_beats if found[name] == found[best])
    guided = f"searches guided by the predictors {listed(alike)} are" if len(alike) > 1 else f"the search guided by {best} is"
    said = f"{guided} ahead of {listed(beaten)}" if beaten else "no search with a predictor is seen to be ahead of one without"
    regrets = ", ".join(f"{name} {figure(found[name])}" for name in sorted(found, key=lambda name: (order(found[name]), name)))
    tests = ", ".join(f"{name} {p:.2g}" for name, p in rivals.items())
    missing = [name for name in names() if name not in search["strategies"]]
    headline = f"Simulated on {search['pool']} measured blocks, after {count} of them {said}"
    text = (
        f"Regret in {search['metric']} on {search['proxy']}, mean and standard error over {search['repeats']} repeats with "
        f"paired seeds: {regrets}. That {best} is ahead of each, p by Wilcoxon's paired test after Holm over all pairs: "
        f"{tests}; Nemenyi's test of average ranks, in the figure, is weaker and may join what these tell apart. The repeats "
        f"are other random starts on this table, so that says nothing of other tables.{_ordered(ordered, int(count))} "
        f"Regret is the distance from the best block of the table by its mean{_certain(search)}"
    )
    text += f" Not compared here: {listed(missing)}." if missing else ""
    return Claim(f"{headline}{_so_is(ordered, int(count), found[best])}.", text, command_of(search))


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
