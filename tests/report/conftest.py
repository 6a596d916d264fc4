"""What reports are made from."""

from pathlib import Path

import pytest

from sase_bench.report.evidence import Evidence, evidence_of
from sase_bench.report.networks.published import Row, read
from tests.report.sources import HEAD, line
from tests.shelves import write_shelf


@pytest.fixture
def tiny(tmp_path: Path) -> list[Row]:
    """Two sources with a plain ResNet each, one without, one of several recipes."""
    path = tmp_path / "imagenet.csv"
    path.write_text(
        HEAD
        + line("ResNet", "76.0", "A")
        + line("SE", "77.0", "A")
        + line("ECA", "77.5", "A", protocol="copied", kind="third-party")
        + line("ResNet", "70.0", "B", protocol="1 ep; plain")
        + line("SE (again)", "70.25", "B", protocol="1 ep; with SE")
        + line("SE", "80.0", "C")
        + line("ResNet", "78.0", "A", depth=101)
        + line("ResNet (x)", "75.0", "D", protocol="x")
        + line("ResNet (y)", "79.0", "D", protocol="y")
        + line("SE (y)", "79.5", "D", protocol="y")
        + line("SE (z)", "90.0", "D", protocol="z")
    )
    return read(path)


@pytest.fixture(scope="session")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    return evidence_of(write_shelf(tmp_path_factory.mktemp("shelf")))
