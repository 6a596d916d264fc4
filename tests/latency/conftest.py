"""The command, where nothing is."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sase_bench.latency.__main__ import main
from tests.latency.fakes import SMALL

Run = Callable[..., int]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command on the small trunk, in an empty folder where its files are."""
    monkeypatch.chdir(tmp_path)

    def main_of(action: str, *options: str) -> int:
        return main([action, "--trunks", SMALL, *options])

    return main_of
