"""Runs of shards, and of other tables, taken into a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sase_bench.database.admission import ConflictError
from sase_bench.database.store import Store
from sase_bench.database.tables import read_runs
from sase_bench.errors import RequestError

__all__ = ["Report", "merge"]


@dataclass
class Report:
    """What a merge did. `conflicts` and `refused` name the run and why; none of them changed the table."""

    added: int = 0
    same: int = 0
    conflicts: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.added} added, {self.same} already there, {len(self.conflicts)} in conflict, {len(self.refused)} refused"


def merge(store: Store, path: Path) -> Report:
    """Take the runs of a shard, or of another table, into a table. Those that are there must tell the same, or are reported.

    Of two results for one run a failed one gives way, whichever came first.
    """
    report = Report()
    for record in read_runs(path):
        if isinstance(record, RequestError):
            report.refused.append(str(record))
            continue
        try:
            is_taken = store.append(record)
            report.added += is_taken
            report.same += not is_taken
        except ConflictError as error:
            report.conflicts.append(str(error))
        except RequestError as error:
            report.refused.append(str(error))
    store.publish()
    return report
