"""Release plans: a TOML file that lists what is to be run, in order of value.

    [[entry]]
    proxy = "cifar10-8"
    space = "tied"          # or "full"
    plan = "all"            # what --plan takes, or a list of blocks
    seeds = "0,1,2,3"       # what --seeds takes
    why = "every tied block"

An entry is done when all its runs are there; runs that two entries share are made once.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sase_bench.errors import RequestError
from sase_bench.modules import Module
from sase_bench.recipes.recipe import Proxy
from sase_bench.recipes.registry import find
from sase_bench.seeds import read_seeds
from sase_bench.space import SPACES, Architecture, Space
from sase_bench.sweep.plan import read_plan

__all__ = ["Entry", "read_entries"]

_KEYS = {"proxy", "space", "plan", "seeds", "why"}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Blocks, or published modules, that are to be measured on one proxy."""

    proxy: Proxy
    blocks: list[Architecture | Module]
    seeds: list[int]
    why: str


def read_entries(path: Path) -> list[Entry]:
    """The entries of a plan in their order. Raises `RequestError` that names the entry for anything it cannot be."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RequestError(f"cannot read the plan {str(path)!r}: {getattr(error, 'strerror', None) or error}") from error
    entries = content.get("entry")
    if set(content) != {"entry"} or not isinstance(entries, list) or not entries:
        raise RequestError(f"a release plan is a list of [[entry]] tables and nothing else, {str(path)!r} is not")
    return [_entry(values, f"{path}: entry {number}: ", path.parent) for number, values in enumerate(entries, 1)]


def _entry(values: dict[str, Any], place: str, folder: Path) -> Entry:
    if not isinstance(values, dict):
        raise RequestError(f"{place}an entry is a table, got {values!r}")
    if set(values) != _KEYS:
        raise RequestError(f"{place}an entry has the keys {', '.join(sorted(_KEYS))}, got {', '.join(sorted(values))}")
    plan = values["plan"] if isinstance(values["plan"], list) else [values["plan"]]
    texts = [values["proxy"], values["space"], values["seeds"], values["why"], *plan]
    if not all(isinstance(text, str) for text in texts) or not plan:
        raise RequestError(f"{place}every value is a text, and plan may be a list of texts")
    if values["space"] not in SPACES:
        raise RequestError(f"{place}a space is one of {', '.join(SPACES)}, got {values['space']!r}")
    if plan[0].startswith("file:"):  # beside the plan, wherever that is read from
        plan = [f"file:{folder / plan[0].removeprefix('file:')}", *plan[1:]]
    try:
        blocks = read_plan(plan, Space(values["space"]))
        return Entry(proxy=find(values["proxy"]), blocks=blocks, seeds=read_seeds(values["seeds"]), why=values["why"])
    except RequestError as error:
        raise RequestError(f"{place}{error}") from error
