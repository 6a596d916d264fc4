"""What several parts of a report ask a table, and no question of the query language answers."""

from __future__ import annotations

from pathlib import Path

from sase_bench.database.reader import connect
from sase_bench.database.rows import has_modules

__all__ = ["has_scores_of_modules", "task_of"]


def task_of(db: Path, proxy: str) -> str:
    """What is trained on a proxy, in words."""
    with connect(db) as table:
        found = table.execute("SELECT description, trunk, epochs FROM proxies WHERE proxy = ?", [proxy]).fetchone()
    description, trunk, epochs = found or ("", "", 0)
    return f"{description} (network {trunk}, {epochs} epochs)"


def has_scores_of_modules(db: Path, proxy: str) -> bool:
    """Whether a published module has a run that ended ok on `proxy`."""
    with connect(db) as table:
        runs = "SELECT 1 FROM module_runs WHERE proxy = ? AND status = 'ok' LIMIT 1"
        return has_modules(table) and table.execute(runs, [proxy]).fetchone() is not None
