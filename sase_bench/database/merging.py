"""Runs of shards, and of other tables, taken into a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from sase_bench.database.admission import ConflictError
from sase_bench.database.store import Store
from sase_bench.database.tables import read_runs
from sase_bench.errors import RequestError
from sase_bench.record import Record

__all__ = ["Report", "merge"]

_BATCH = 500  # runs that are looked up at once


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
    report, found = Report(), read_runs(path)
    while batch := list(islice(found, _BATCH)):
        taken = iter(store.append_all([record for record in batch if isinstance(record, Record)]))
        for record in batch:  # in their order, whether the file or the table refuses them
            result = record if isinstance(record, RequestError) else next(taken)
            if isinstance(result, ConflictError):
                report.conflicts.append(str(result))
            elif isinstance(result, RequestError):
                report.refused.append(str(result))
            else:
                report.added += result
                report.same += not result
    store.publish()
    return report
