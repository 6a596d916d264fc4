"""The figures of the suite: every test says what it injected and what was found, and `--figures PATH` writes the table."""

import os
import platform
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import duckdb
import pytest

from tests.faults.figures import Figure, as_page

FIGURES = pytest.StashKey[dict[str, Figure]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--figures", type=Path, metavar="PATH", help="write what the faults did to a Markdown file")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("faults")


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Iterator[Callable[..., None]]:
    """Call it with the fault, how often it was injected and what was found."""
    begin = monotonic()

    def note(fault: str, times: int, found: str) -> None:
        figures = request.config.stash.setdefault(FIGURES, {})
        figures[fault] = Figure(fault=fault, times=times, found=found, seconds=monotonic() - begin)

    return note


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    path = session.config.getoption("--figures")
    if path is not None:
        count = len(os.sched_getaffinity(0))
        where = f"{count} processor{'s' * (count != 1)}, Python {platform.python_version()}, DuckDB {duckdb.__version__}"
        figures = list(session.config.stash.get(FIGURES, {}).values())
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        path.write_text(as_page(figures, where, failed=session.testsfailed, before=before), encoding="utf-8")
        print(f"\n{len(figures)} figures in {path}", file=sys.stderr)
