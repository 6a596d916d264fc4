"""What whole networks take beside the plain one, as `python -m sase_bench.latency compare` timed them.

Ratios, because they travel further than milliseconds: each is the median over rounds in which the plain network was timed too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sase_bench.database.shelf import find_released
from sase_bench.latency.comparisons import Compared, Ratio, Work, ratio_of, read_comparisons
from sase_bench.modules import PLAIN
from sase_bench.report.costs import TRUNK_OF, Composed

__all__ = ["HOW", "Taken", "Times", "find_comparisons", "read_times"]

#: What makes the file.
HOW = "python -m sase_bench.latency compare --trunks resnet50"

_FILE = Path("latency/comparisons.parquet")


class Taken(NamedTuple):
    """A network against the plain one; None where it was not timed."""

    forward: Ratio | None = None
    training: Ratio | None = None
    kept: float | None = None  # memory that a training step keeps for its backward pass, over the plain network's


@dataclass(frozen=True)
class Times:
    """The rows of a file of comparisons, for one set of conditions on each trunk and work: that which was timed last."""

    rows: Sequence[Compared] = ()
    composed: Composed | None = None  # the times of blocks from those of their operations

    def of(self, backbone: str, attention: str) -> Taken:
        """What `backbone` takes with an attention, as text, in every bottleneck."""
        found: dict[Work, Compared] = {}
        for row in self.rows:
            if (row.trunk, row.attention) == (TRUNK_OF[backbone].name, attention):
                found[row.work] = row
        ratios = {work: ratio_of(row, self.rows) for work, row in found.items()}
        kept = None
        if "training" in found and attention != PLAIN:
            plain = self.of_plain(found["training"])
            kept = None if plain is None else (found["training"].activations or 0) / (plain.activations or 1)
        return Taken(ratios.get("forward"), ratios.get("training"), kept)

    def of_plain(self, row: Compared) -> Compared | None:
        """The plain network under the conditions of `row`."""
        key = (row.trunk, PLAIN, row.work, row.conditions)
        return next((one for one in self.rows if (one.trunk, one.attention, one.work, one.conditions) == key), None)

    def conditions(self) -> list[str]:
        """Under what the networks were timed, a sentence for each trunk and work; how to time them where none was."""
        said = []
        for row in self.rows:
            if row.attention == PLAIN:
                conditions, low, high = row.conditions, row.p50, row.p95
                setting = conditions.setting
                said.append(
                    f"{row.trunk}, {row.work}: batch {setting.batch}, {setting.device} ({conditions.processor}), "
                    f"{setting.threads} threads, clock {setting.clock}, torch {conditions.torch_version}; the plain network "
                    f"takes {low * 1e3:,.0f} ms (p95 {high * 1e3:,.0f} ms, {row.rounds} rounds)."
                )
        said = said or [f"Not timed yet. Time with `{HOW}`."]
        return said if self.composed is None else [*said, self.composed.about]


def find_comparisons() -> Path:
    """The file beside the released table."""
    return (find_released() or Path("database")) / _FILE


def read_times(path: Path, composed: Composed | None = None) -> Times:
    """The file's rows, none where there is no file. Raises `RequestError` for a file of another kind."""
    rows = read_comparisons(path)
    last = {(row.trunk, row.work): row for row in sorted(rows, key=lambda row: row.measured_at)}
    return Times([row for row in rows if row.conditions == last[row.trunk, row.work].conditions], composed)
