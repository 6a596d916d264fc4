"""What is to be run: from what a user writes for `--plan` to a list of tasks.

>>> [arch.index for arch in read_plan(["random:2"], Space("tied"))]
[84150, 83973]
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sase_bench.errors import RequestError
from sase_bench.modules import Module, all_modules, parse_attention
from sase_bench.samples import PLAN_SEED
from sase_bench.space import SASE_BLOCK, Architecture, Space

__all__ = ["Task", "read_plan", "tasks_of"]


@dataclass(frozen=True)
class Task:
    """Runs to be made together: one block, or one published module in its place, with one seed or several."""

    arch: Architecture | Module
    seeds: tuple[int, ...]


def read_plan(words: Sequence[str], space: Space) -> list[Architecture | Module]:
    """What `all`, `random:N`, `orthogonal:N`, `neighbours:BLOCK`, `modules`, `file:PATH` or a list of names stands for.

    Names are those of blocks and modules. `orthogonal:49` is a balanced sample, see `Space.orthogonal_array`. `neighbours`
    are the block itself and those of the space that differ from it in one choice. `modules` are the published ones, the
    published SASE block, which is a member of the space, and the plain trunk. A file has one block or module a line; empty
    lines and lines that begin with `#` do not count. Each stands in the plan once.
    """
    kind, _, argument = words[0].partition(":")
    if kind in ("all", "random", "orthogonal", "neighbours", "modules", "file") and len(words) > 1:
        raise RequestError(f"the plan {words[0]!r} stands alone, got also {words[1]!r}")
    if words[0] == "all":
        return [*space]
    if words[0] == "modules":
        return [SASE_BLOCK, *all_modules()]
    if kind == "random" and argument:
        if not argument.isdecimal() or len(argument) > 9 or int(argument) < 1:
            raise RequestError(f"the plan random:N takes a number of blocks from 1 to {len(space)}, got {argument!r}")
        return [*space.sample(int(argument), seed=PLAN_SEED)]
    if kind == "orthogonal" and argument:
        if not argument.isdecimal() or len(argument) > 9:
            raise RequestError(f"the plan orthogonal:N takes a number of blocks, 49 or a higher power of 7, got {argument!r}")
        return [*space.orthogonal_array(int(argument), seed=PLAN_SEED)]
    if kind == "neighbours" and argument:
        block = Architecture.parse(argument)
        if block not in space:
            raise RequestError(f"{block} is not in the {space.name} space; use --space full")
        return [block, *space.neighbours(block)]
    named = _lines(Path(argument)) if kind == "file" else [("", word) for word in words]
    chosen: dict[Architecture | Module, None] = {}
    for place, word in named:
        try:
            arch = parse_attention(word)
        except RequestError as error:
            hint = "" if kind == "file" else f"; {_instead_of(word)}"
            raise RequestError(f"{place}{error}{hint}") from error
        if isinstance(arch, Architecture) and arch not in space:
            raise RequestError(f"{place}{arch} is not in the {space.name} space; use --space full")
        chosen[arch] = None
    if not chosen:
        raise RequestError(f"the plan {words[0]!r} names no block")
    return list(chosen)


def _instead_of(word: str) -> str:
    if os.path.isfile(word):  # `Path.is_file` raises for a name that is too long
        return f"did you mean file:{word}?"
    return "a plan is all, random:N, orthogonal:N, neighbours:BLOCK, modules, file:PATH or blocks"


def tasks_of(architectures: Iterable[Architecture | Module], seeds: Sequence[int], together: int = 1) -> list[Task]:
    """Every block or module with every seed, in groups of at most `together` seeds: the first group of all comes first."""
    blocks = list(architectures)
    groups = [tuple(seeds[start : start + together]) for start in range(0, len(seeds), together)]
    return [Task(arch, group) for group in groups for arch in blocks]


def _lines(path: Path) -> list[tuple[str, str]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text file"
        raise RequestError(f"cannot read the plan {str(path)!r}: {reason}") from error
    numbered = [(f"{path}:{number}: ", line.strip()) for number, line in enumerate(lines, 1)]
    return [(place, line) for place, line in numbered if line and not line.startswith("#")]
