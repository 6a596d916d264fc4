"""The file of checks: for each network and block that was composed and timed, both latencies, as Parquet."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from sase_bench.latency.accuracy import Accuracy, accuracy
from sase_bench.latency.parquet import read_parquet, write_parquet
from sase_bench.latency.timings import CONDITION_COLUMNS, Conditions, Repeated

__all__ = ["Checked", "Kind", "accuracies", "factor_of", "held_out", "read_checks", "replace_checks"]

#: What is checked: whole networks, or single blocks.
Kind = Literal["blocks", "networks"]


@dataclass(frozen=True, kw_only=True)
class Checked(Repeated):
    """One network, one block on the maps of a stage, or one plain trunk: composed and timed, in seconds."""

    trunk: str
    kind: Kind
    conditions: Conditions
    stage: int | None  # from 1; None: a whole network
    arch: int | None  # None: the plain trunk
    is_fit: bool  # in the half that the factor is from
    composed: float
    seconds: list[float]  # every repetition, in order
    measured_at: str

    @property
    def repetitions(self) -> int:
        return len(self.seconds)


#: The columns of the file in order, with their types in DuckDB.
_COLUMNS = {
    "trunk": "VARCHAR", "kind": "VARCHAR", **CONDITION_COLUMNS, "stage": "BIGINT", "arch": "BIGINT", "is_fit": "BOOLEAN",
    "composed": "DOUBLE", "p50": "DOUBLE", "p95": "DOUBLE", "repetitions": "BIGINT", "measured_at": "VARCHAR",
    "seconds": "DOUBLE[]",
}  # fmt: skip


def read_checks(path: Path) -> list[Checked]:
    """The rows of a file, none if there is no file. Raises `RequestError` for a file of another kind."""
    own = [item.name for item in dataclasses.fields(Checked) if item.name != "conditions"]
    rows = read_parquet(path, _COLUMNS, "checks")
    return [Checked(conditions=Conditions.from_values(row), **{name: row[name] for name in own}) for row in rows]


def replace_checks(path: Path, rows: Sequence[Checked]) -> None:
    """Write rows in place of those of the same trunk, kind and conditions, and keep the others; in one step."""
    fresh = {_group(row) for row in rows}
    everything = [row for row in read_checks(path) if _group(row) not in fresh] + list(rows)
    write_parquet(path, _COLUMNS, [_values(row) for row in sorted(everything, key=_order)])


def accuracies(rows: Sequence[Checked]) -> dict[tuple[str, Kind, Conditions], Accuracy]:
    """How well composed and timed latencies agree, by trunk, kind and conditions."""
    found = {}
    for group in dict.fromkeys(map(_group, rows)):
        blocks = [row for row in rows if _group(row) == group and row.arch is not None]
        plain = next(((row.composed, row.p50) for row in rows if _group(row) == group and row.arch is None), None)
        composed, timed = (np.asarray([getattr(row, name) for row in blocks]) for name in ("composed", "p50"))
        found[group] = accuracy(composed, timed, np.asarray([row.is_fit for row in blocks]), plain)
    return found


def held_out(rows: Sequence[Checked], trunk: str, kind: Kind, conditions: Conditions) -> list[list[float]]:
    """Every repetition of each sample of the half that the factor is not from."""
    asked = (trunk, kind, conditions)
    return [row.seconds for row in rows if _group(row) == asked and row.arch is not None and not row.is_fit]


def factor_of(rows: Sequence[Checked], trunk: str, conditions: Conditions) -> float | None:
    """By how much blocks in networks on `trunk` take longer than the sum of their parts; None if that was not checked."""
    asked = [row for row in rows if _group(row) == (trunk, "networks", conditions)]
    return next((round(found.factor, 4) for found in accuracies(asked).values()), None)


def _group(row: Checked) -> tuple[str, Kind, Conditions]:
    return row.trunk, row.kind, row.conditions


def _values(row: Checked) -> tuple[Any, ...]:
    conditions = row.conditions.values
    return tuple(conditions[name] if name in conditions else getattr(row, name) for name in _COLUMNS)


def _order(row: Checked) -> tuple[Any, ...]:
    return row.trunk, row.kind, tuple(row.conditions.values.values()), row.stage or 0, -1 if row.arch is None else row.arch
