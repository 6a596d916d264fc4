"""What may be searched of a table: the runs that a command names, and the blocks among them."""

from __future__ import annotations

import argparse
from collections.abc import Iterable

import numpy as np

from sase_bench.benchmark import Benchmark, Measured
from sase_bench.errors import RequestError
from sase_bench.samples import representative
from sase_bench.search import Pool
from sase_bench.search.differentiable import Found
from sase_bench.space import Space

__all__ = ["chosen_by", "chosen_table", "comparable", "one_pool"]

_LEAST = 3  # blocks that are worth a search
_SHOWN = 10  # seeds in a message


def chosen_table(options: argparse.Namespace) -> Measured:
    """The runs that the options name; where they name no proxy or space, those are chosen by what was measured, and entered."""
    table = Benchmark.load(options.db).measured(options.proxy, options.space or "full")
    is_tied = np.isin(table.archs, Space("tied").indices).all()
    options.proxy, options.space = table.proxy, options.space or ("tied" if is_tied else "full")
    return table


def one_pool(table: Measured, space: str, seeds: list[int] | None = None) -> Pool:
    """The blocks of a space that were measured, with all of `seeds` where they are named.

    Raises `RequestError` where there is nothing to search.
    """
    there = table.status >= 0
    if seeds is not None:
        there = np.stack([there[:, table.columns[seed]] if seed in table.columns else there[:, 0] & False for seed in seeds], 1)
        if not there.all(1).any():
            known, asked = (", ".join(map(str, found)) for found in (table.seeds.tolist(), seeds[:_SHOWN]))
            asked += f", … ({len(seeds)} of them)" if len(seeds) > _SHOWN else ""
            raise RequestError(f"no block of {table.proxy} has all of the seeds {asked}; there are runs with {known}")
    pool = Pool.of(Space(space), table.archs[there.all(1) if seeds is not None else there.any(1)].tolist())
    if len(pool) < _LEAST:
        raise RequestError(
            f"a search takes {_LEAST} blocks or more, and of the {space} space {len(pool)} were measured on {table.proxy}; "
            "name another --space, --proxy or --db"
        )
    return pool


def chosen_by(found: Iterable[Found], space: str) -> set[int]:
    """The blocks of a space that differentiable searches ended with."""
    pool = Pool.of(Space(space))
    return {item.choose(pool) for item in found}


def comparable(table: Measured, space: str, found: Iterable[int] = ()) -> Measured:
    """The blocks that stand for a space, and those `found` by searches that were really run, with the same seeds each.

    What another search chose is no fair pool: it was chosen because it scored well. Raises `RequestError` where none is left.
    """
    archs = set(table.archs.tolist())
    return table.complete(representative(archs, space) | (set(found) & archs))
