"""What comparisons of searches on a table say, as `python -m sase_bench.bo --compare --output` wrote them, one a file."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from sase_bench.bo.comparison import Summary
from sase_bench.bo.comparison.bars import SHARES
from sase_bench.bo.comparison.summary import SHOWN
from sase_bench.database.shelf import DEFAULT_SHELF, released_path
from sase_bench.errors import RequestError
from sase_bench.files import read_json
from sase_bench.recipes.registry import PROXIES

__all__ = ["FOLDER", "command_of", "is_of_means", "name_of", "read_searches"]

#: Where `command_of` puts a comparison.
FOLDER = Path("reports") / "searches"

_FOUND = "searches"  # the folder beside the released shards with what differentiable searches found, by data set
_DIFFERENTIABLE = "differentiable"  # how the names of such strategies and files begin


def read_searches(folder: Path) -> list[Summary]:
    """The comparisons in a folder by name, none where there is no folder.

    Raises `RequestError` for another file, and for a comparison of another version, which may have judged otherwise.
    """
    found = [(path, read_json(path)) for path in sorted(folder.glob("*.json"))]
    for path, content in found:
        if not content.keys() >= Summary.__required_keys__ or not set(content["tops"]) <= SHARES.keys():
            made_by = "python -m sase_bench.bo --compare --output makes one"
            raise RequestError(f"{str(path)!r} is no comparison of searches, or one of another version; {made_by}")
    return [cast(Summary, content) for _, content in found]


def found_for(search: Summary) -> list[Path]:
    """The differentiable searches on the comparison's proxy that the release has, if the comparison has any."""
    if not any(name.startswith(_DIFFERENTIABLE) for name in search["strategies"]) or search["proxy"] not in PROXIES:
        return []
    return sorted(released_path(_FOUND).glob(f"{PROXIES[search['proxy']].dataset}-{_DIFFERENTIABLE}*.json"))


def name_of(search: Summary) -> str:
    """What tells a comparison from others, also in the names of files."""
    return f"{search['proxy']}-{search['metric']}-{search['space']}{'' if is_of_means(search) else '-one-seed'}"


def is_of_means(search: Summary) -> bool:
    """Whether searches were shown the mean of a block's runs, which is the truth itself, and not one noisy run."""
    return search["shown"] == SHOWN["mean"]


def command_of(search: Summary) -> str:
    """What makes the comparison again; differentiable searches come from the files where the release has them."""
    given = [name for name in search["strategies"] if not name.startswith(_DIFFERENTIABLE)]
    evaluations = max(len(found["curve"]) for found in search["strategies"].values())
    options = {"workers": search["workers"], "batch": search["batch"], "refit-every": search["refit_every"]}
    dataset = PROXIES[search["proxy"]].dataset if search["proxy"] in PROXIES else "*"
    files = DEFAULT_SHELF / _FOUND / f"{dataset}-{_DIFFERENTIABLE}*.json"
    others = f" --found {files}" if len(given) < len(search["strategies"]) else ""
    others += "" if is_of_means(search) else " --sees seed"
    others += "".join(f" --{name} {value}" for name, value in options.items() if value != 1)
    return (
        f"python -m sase_bench.bo --compare --proxy {search['proxy']} --objective {search['metric']} --space {search['space']} "
        f"--evaluations {evaluations} --repeats {search['repeats']} --strategy {','.join(given)}{others} "
        f"--output {FOLDER / name_of(search)}.json"
    )
