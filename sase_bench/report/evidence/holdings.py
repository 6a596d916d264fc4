"""What a table holds of a proxy, beside what the questions of the query language tell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sase_bench.database.reading import reading
from sase_bench.database.rows import has_modules
from sase_bench.samples import drawn_at_random, representative
from sase_bench.space import Architecture, Space

__all__ = ["Task", "has_scores_of_modules", "is_tied_sampled", "surrounded", "task_of"]

_ENOUGH = 12  # blocks drawn from the tied space for the effects of its operations


@dataclass(frozen=True, kw_only=True)
class Task:
    """What is trained on a proxy; as text, a sentence's worth of it."""

    description: str = ""
    trunk: str = ""
    epochs: int = 0

    @property
    def training(self) -> str:
        """The network, and for how long."""
        return f"network {self.trunk}, {self.epochs} epochs"

    def __str__(self) -> str:
        return f"{self.description} ({self.training})"


def task_of(db: Path, proxy: str) -> Task:
    """What is trained on a proxy, as the table describes it."""
    with reading(db) as table:
        found = table.execute("SELECT description, trunk, epochs FROM proxies WHERE proxy = ?", [proxy]).fetchone()
    if found is None:
        return Task()
    description, trunk, epochs = found
    return Task(description=description, trunk=trunk, epochs=epochs)


def has_scores_of_modules(db: Path, proxy: str) -> bool:
    """Whether a published module has a run that ended ok on `proxy`."""
    with reading(db) as table:
        runs = "SELECT 1 FROM module_runs WHERE proxy = ? AND status = 'ok' LIMIT 1"
        return has_modules(table) and table.execute(runs, [proxy]).fetchone() is not None


def is_tied_sampled(db: Path, proxy: str) -> bool:
    """Whether so many blocks of the tied space were drawn that it can be judged, beside the space that is judged anyway."""
    with reading(db) as table:
        rows = table.execute("SELECT DISTINCT arch FROM runs WHERE proxy = ? AND status = 'ok'", [proxy]).fetchall()
    there, tied = {int(arch) for (arch,) in rows}, set(Space("tied").indices.tolist())
    return len(drawn_at_random(there, "tied")) >= _ENOUGH and not representative(there) <= tied


def surrounded(db: Path, proxy: str) -> set[int]:
    """The blocks on the proxy that were trained beside all of their neighbours, however those runs ended."""
    with reading(db) as table:
        rows = table.execute("SELECT DISTINCT arch FROM runs WHERE proxy = ?", [proxy]).fetchall()
    there = {int(arch) for (arch,) in rows}
    return {arch for arch in there if all(one.index in there for one in Architecture(arch).neighbours())}
