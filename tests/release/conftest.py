"""A small release."""

from pathlib import Path

import pytest

from sase_bench.release.__main__ import main
from sase_bench.space import SASE_BLOCK
from tests.shelves import write_shelf

NAMES = ("cifar10-8", "digits")


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two proxies with four blocks and the published one, released."""
    path = write_shelf(tmp_path_factory.mktemp("release") / "database", NAMES, blocks=f"arch < 4 OR arch = {SASE_BLOCK.index}")
    assert main(["--shelf", str(path), "--reference", "cifar10-8"]) == 0
    return path


@pytest.fixture(scope="session")
def card(shelf: Path) -> str:
    return (shelf / "DATACARD.md").read_text()
