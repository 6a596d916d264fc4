"""`latency/slots.json` beside shards: seconds by slot and operation, of which a shelf has the column `latency` of all blocks.

A network's time is composed of its slots' like its parameters, so 43 numbers stand for those of 117,649 blocks in a trunk.
`python -m sase_bench.release` writes the file from what `python -m sase_bench.latency` timed; nothing here times anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sase_bench.cost import find_trunk
from sase_bench.cost.trunks import RESNET50
from sase_bench.database.checksums import SUMS, check_sums, read_sums
from sase_bench.database.schema import LATENCY
from sase_bench.errors import RequestError
from sase_bench.space import OPERATIONS
from sase_bench.trunk import Trunk

if TYPE_CHECKING:
    import duckdb

__all__ = ["SLOT_SECONDS", "SlotSeconds", "content", "latency_trunk", "read_slot_seconds"]

#: The file, by its place on a shelf.
SLOT_SECONDS = Path("latency") / "slots.json"


@dataclass(frozen=True, kw_only=True)
class SlotSeconds:
    """The time of one trunk with every block."""

    trunk: Trunk
    constant: float  # s, whatever the block
    table: NDArray[np.float64]  # (6, 7), s that each operation of each slot adds
    about: dict[str, Any]  # what the seconds stand for: statistic, batch, device, processor, …


def content(found: Iterable[SlotSeconds]) -> dict[str, Any]:
    """What the file holds, by the name of the trunk."""
    return {
        one.trunk.name: {
            "about": one.about,
            "constant": one.constant,
            "slots": {
                slot: dict(zip(names, row, strict=True))
                for (slot, names), row in zip(OPERATIONS.items(), one.table.tolist(), strict=True)
            },
        }
        for one in found
    }


def read_slot_seconds(path: Path) -> list[SlotSeconds]:
    """What the file says, nothing where there is none. Raises `RequestError` for one that is damaged or of another kind."""
    if not path.is_file():
        if path.name in read_sums(path.parent):
            raise RequestError(f"{str(path)!r}, which {SUMS} lists, is missing; fetch it again")
        return []
    check_sums(path)
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        return [_read(name, entry) for name, entry in entries.items()]
    except (OSError, ValueError, OverflowError, RecursionError, AttributeError, KeyError, TypeError) as error:
        way_out = f"remove it; python -m sase_bench.release --shelf {path.parent.parent} writes it again"
        raise RequestError(f"{str(path)!r} cannot be read as seconds by slot ({error!r}); {way_out}") from error


def _read(name: str, entry: dict[str, Any]) -> SlotSeconds:
    table = np.asarray([[float(entry["slots"][slot][operation]) for operation in names] for slot, names in OPERATIONS.items()])
    constant = float(entry["constant"])
    if not (np.isfinite(table).all() and np.isfinite(constant)):
        raise ValueError(f"{name} has a time that is no number")
    return SlotSeconds(trunk=find_trunk(name), constant=constant, table=table, about=dict(entry["about"]))


def latency_trunk(connection: duckdb.DuckDBPyConnection, trunk: str) -> str | None:
    """Whose latencies an open table has for a proxy in `trunk`: the trunk's own, else those of ResNet-50; None for neither."""
    known = [name for name in (trunk, RESNET50.name) if _has(connection, name)]
    return known[0] if known else None


def _has(connection: duckdb.DuckDBPyConnection, trunk: str) -> bool:
    return connection.execute("SELECT 1 FROM about WHERE key = ?", [LATENCY + trunk]).fetchone() is not None
