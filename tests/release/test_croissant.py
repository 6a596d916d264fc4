import json
import subprocess
import sys
from pathlib import Path

import pytest

from sase_bench.database import connect
from sase_bench.database.shelf import CALIBRATIONS

NAMES = ("cifar10-8", "digits")


def test_croissant_names_every_file_with_its_checksum(shelf: Path) -> None:
    described = json.loads((shelf / "croissant.json").read_text())
    sums = dict(reversed(line.split()) for line in (shelf / "SHA256SUMS").read_text().splitlines())
    files = {file["contentUrl"]: file["sha256"] for file in described["distribution"]}
    assert files == {name: sums[name] for name in ("cifar10-8.parquet", "digits.parquet", CALIBRATIONS)}
    assert [records["name"] for records in described["recordSet"]] == list(NAMES)


@pytest.mark.slow
def test_croissant_validates_and_loads_every_run(shelf: Path) -> None:
    pytest.importorskip("mlcroissant")
    code = f"""
import json, mlcroissant
dataset = mlcroissant.Dataset({str(shelf / "croissant.json")!r})
issues = dataset.metadata.issues
records = list(dataset.records("digits"))
first = records[0]
told = [list(issues.errors), list(issues.warnings), len(records), first["digits/val_loss"], len(first["digits/curve"])]
print(json.dumps(told))
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    with connect(shelf) as table:
        first = table.execute("SELECT val_loss FROM runs WHERE proxy = 'digits' LIMIT 1").fetchone()
    assert json.loads(done.stdout) == [[], [], 10, *(first or ()), 12]
