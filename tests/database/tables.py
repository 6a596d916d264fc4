"""Runs for tables, and questions to one, for tests of what is in it."""

from pathlib import Path

from sase_bench.database import connect
from tests.records import made_up, unfinished

RECORDS = [made_up(7), made_up(5), made_up(5, 1), unfinished(9)]


def ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    with connect(path) as table:
        return table.execute(sql).fetchall()
