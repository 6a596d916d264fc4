"""Every number of a report, as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from sase_bench.report.comparison import Entry
from sase_bench.report.composed import agreement_records
from sase_bench.report.evidence import Evidence, finite
from sase_bench.report.times import Times

__all__ = ["numbers"]


def numbers(evidence: Evidence, entries: Sequence[Entry], times: Times) -> dict[str, Any]:
    """Every number of the report, once; a gain is in percentage points of ImageNet top-1."""
    modules = [
        {
            "backbone": entry.backbone,
            "module": entry.name,
            "params": entry.count.params,
            "flops": entry.count.flops,
            "taken": {
                "forward": entry.taken.forward and asdict(entry.taken.forward),
                "training": entry.taken.training and asdict(entry.taken.training),
                "kept": entry.taken.kept,
            },
            "published": [asdict(row) for row in entry.rows],
            "gains": [
                {
                    "source": gain.row.source,
                    "kind": gain.row.kind,
                    "one_recipe": gain.is_one_recipe,
                    "gain": round(gain.top1, 4),
                }
                for gain in entry.gains
            ],
        }
        for entry in entries
    ]
    checks = [] if times.composed is None else agreement_records(times.composed.checks)
    agreements = [{name: finite(value) for name, value in found.items()} for found in checks]
    return {
        "modules": modules,
        "times": times.conditions(),
        "composed": agreements,
        **asdict(evidence, dict_factory=_without_options),
    }


def _without_options(fields: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Where a table lies is not a number."""
    return {name: value for name, value in fields if name != "option"}
