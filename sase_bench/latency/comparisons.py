"""The file of comparisons: whole networks with attention in every residual branch, beside the plain one, as Parquet.

Every round visits every network once, the plain one first, so that the ratio to the plain network of the same round is free of
what the machine did meanwhile. All rounds are kept, and an interrupted comparison goes on where it was: with rounds of its own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from sase_bench.latency.parquet import read_parquet, write_parquet
from sase_bench.latency.timings import CONDITION_COLUMNS, Conditions, Repeated
from sase_bench.modules import PLAIN

__all__ = ["WORK", "Compared", "Ratio", "Work", "ratio_of", "read_comparisons", "write_comparisons"]

#: What is timed: a forward pass in evaluation mode, or a training step (forward, cross-entropy, backward, SGD with momentum).
Work = Literal["forward", "training"]
WORK: tuple[Work, ...] = ("forward", "training")


@dataclass(kw_only=True)
class Compared(Repeated):
    """A network under one set of conditions, doing one kind of work."""

    trunk: str
    attention: str  # a module's name, a block's text, or "none"
    work: Work
    conditions: Conditions
    activations: int | None = None  # bytes that a training step keeps for its backward pass, without the parameters
    peak: int | None = None  # most bytes at once of a pass or a step, beside weights, optimiser's state and images
    seconds: list[float] = field(default_factory=list)  # of every round, in order: the median of its repetitions
    made_in: list[str] = field(default_factory=list)  # which rounds these are: "start of the comparison, UTC/number"
    measured_at: str = ""  # the last round, UTC, ISO 8601

    @property
    def rounds(self) -> int:
        return len(self.seconds)


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """How much longer than the plain network, over the rounds that both were in: median, smallest and largest."""

    median: float
    low: float
    high: float
    rounds: int


_COLUMNS = {
    "trunk": "VARCHAR", "attention": "VARCHAR", "work": "VARCHAR", **CONDITION_COLUMNS, "activations": "BIGINT",
    "peak": "BIGINT", "p50": "DOUBLE", "p95": "DOUBLE", "rounds": "BIGINT", "measured_at": "VARCHAR", "seconds": "DOUBLE[]",
    "made_in": "VARCHAR[]",
}  # fmt: skip
_OWN = [item.name for item in dataclasses.fields(Compared) if item.name != "conditions"]


def read_comparisons(path: Path) -> list[Compared]:
    """The rows of a file, none if there is no file. Raises `RequestError` for a file of another kind."""
    rows = read_parquet(path, _COLUMNS, "comparisons", later=("peak",))
    return [Compared(conditions=Conditions.from_values(row), **{name: row[name] for name in _OWN}) for row in rows]


def write_comparisons(path: Path, rows: Iterable[Compared]) -> None:
    """Write the rows that have rounds in place of the file, in one step."""
    found = sorted((row for row in rows if row.seconds), key=_order)
    write_parquet(path, _COLUMNS, [_values(row) for row in found])


def ratio_of(row: Compared, rows: Sequence[Compared]) -> Ratio | None:
    """`row` against the plain network of the same trunk, work and conditions; None where there is no such round."""
    for plain in rows:
        if plain.attention == PLAIN and _group(plain) == _group(row):
            beside = dict(zip(plain.made_in, plain.seconds, strict=True))
            paired = [(one, beside[name]) for name, one in zip(row.made_in, row.seconds, strict=True) if name in beside]
            ratios = [one / other for one, other in paired]
            if ratios:
                return Ratio(median=float(np.median(ratios)), low=min(ratios), high=max(ratios), rounds=len(ratios))
    return None


def _group(row: Compared) -> tuple[Any, ...]:
    return row.trunk, row.work, row.conditions


def _values(row: Compared) -> tuple[Any, ...]:
    conditions = row.conditions.values
    return tuple(conditions[name] if name in conditions else getattr(row, name) for name in _COLUMNS)


def _order(row: Compared) -> tuple[Any, ...]:
    return row.trunk, row.work, tuple(row.conditions.values.values()), row.attention
