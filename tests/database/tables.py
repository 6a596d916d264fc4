"""Questions to a table, for tests of what is in it."""

from pathlib import Path

from sase_bench.database import connect


def ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    with connect(path) as table:
        return table.execute(sql).fetchall()
