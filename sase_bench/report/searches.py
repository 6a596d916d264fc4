"""What comparisons of searches on a table say, as `python -m sase_bench.bo --compare --output` wrote them, one a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sase_bench.bo.rendering import figure, order
from sase_bench.errors import RequestError
from sase_bench.report.claim import Claim
from sase_bench.report.evidence import read_json

__all__ = ["FOLDER", "claim", "command_of", "name_of", "read_searches"]

#: Where `command_of` puts a comparison.
FOLDER = Path("reports") / "searches"

_SURE = 0.01  # p-value of a win that a sentence tells
#: What a comparison says that a report shows.
_NEEDED = {
    *(
        "proxy",
        "space",
        "metric",
        "pool",
        "pool_is_whole_space",
        "shown",
        "oracle",
        "repeats",
        "workers",
        "batch",
        "refit_every",
    ),
    *("seconds_of_an_evaluation", "certainty", "tops", "strategies", "times", "ranks", "bars"),
}


def read_searches(folder: Path) -> list[dict[str, Any]]:
    """The comparisons in a folder by name, none where there is no folder. Raises `RequestError` for another file."""
    found = [(path, read_json(path)) for path in sorted(folder.glob("*.json"))]
    for path, content in found:
        if not content.keys() >= _NEEDED:
            raise RequestError(
                f"{str(path)!r} is no comparison of searches; python -m sase_bench.bo --compare --output makes one"
            )
    return [content for _, content in found]


def name_of(search: Mapping[str, Any]) -> str:
    """What tells a comparison from others, also in the names of files."""
    return f"{search['proxy']}-{search['metric']}-{search['space']}"


def command_of(search: Mapping[str, Any]) -> str:
    """What makes the comparison again; differentiable searches come from files, which it does not name."""
    given = [name for name in search["strategies"] if not name.startswith("differentiable")]
    evaluations = max(len(found["curve"]) for found in search["strategies"].values())
    unusual = [name for name in ("workers", "batch", "refit_every") if search[name] != 1]
    others = " --found FILE" if len(given) < len(search["strategies"]) else ""
    others += "".join(f" --{name.replace('_', '-')} {search[name]}" for name in unusual)
    return (
        f"python -m sase_bench.bo --compare --proxy {search['proxy']} --objective {search['metric']} --space {search['space']} "
        f"--evaluations {evaluations} --repeats {search['repeats']} --strategy {','.join(given)}{others} "
        f"--output {FOLDER / name_of(search)}.json"
    )


def claim(searches: Sequence[Mapping[str, Any]]) -> Claim | None:
    """Whether a search with a predictor is seen to be ahead, on the largest pool where one was ranked among others."""
    judged = [(search, *ranked) for search in searches if (ranked := _first_ranks(search))]
    if not judged:
        return None
    search, count, part = max(judged, key=lambda item: item[0]["pool"])
    best, rivals = part["best_guided"], part["p_beats"][part["best_guided"]]
    beaten = [name for name, p in rivals.items() if p < _SURE]
    said = (
        f"the search guided by the predictor {best} is ahead of {_listed(beaten)}"
        if beaten
        else "no search with a predictor is seen to be ahead of one without"
    )
    found = {name: values["regret"][count] for name, values in search["strategies"].items()}
    regrets = ", ".join(f"{name} {figure(found[name])}" for name in sorted(found, key=lambda name: (order(found[name]), name)))
    tests = ", ".join(f"{name} {p:.2g}" for name, p in rivals.items())
    return Claim(
        f"Simulated on {search['pool']} measured blocks, after {count} of them {said}.",
        f"Regret in {search['metric']} on {search['proxy']}, mean and standard error over {search['repeats']} repeats with "
        f"paired seeds: {regrets}. That {best} is ahead of each, p by Wilcoxon's test after Holm over all pairs: {tests}. "
        f"Regret is the distance from the best block of the table by its mean{_certain(search)}",
        command_of(search),
    )


def _first_ranks(search: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    """The fewest evaluations at which a guided search was ranked among rivals."""
    return next(((count, part) for count, part in search["ranks"].items() if any(part["p_beats"].values())), None)


def _certain(search: Mapping[str, Any]) -> str:
    found = search["certainty"]
    if found is None:
        return "."
    low, high = found["oracle_place"]
    return f", whose true place is {low} to {high} of {found['blocks']} with 95 % probability."


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
