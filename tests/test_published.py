"""What README and the shelf print comes out of the runs that lie on the shelf."""

import csv
import json
import re
import shutil
from pathlib import Path

import pytest

from sase_bench.calibrate import SURE, trusted
from sase_bench.calibrate.__main__ import main as calibrate
from sase_bench.database.__main__ import main as database
from sase_bench.database.checksums import check_sums, read_sums, sha256
from sase_bench.query.__main__ import main as query
from sase_bench.recipes import PROXIES, metric_of
from sase_bench.record import OBJECTIVES
from sase_bench.release.__main__ import main as release

ROOT = Path(__file__).parents[1]
SHELF = ROOT / "database"
PILOTS = SHELF / "pilots"
TRANSFER = SHELF / "transfer"
README = (ROOT / "README.md").read_text()


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A table of the digits runs alone, as the demo leaves it, and one of all pilots."""
    folder = tmp_path_factory.mktemp("published")
    found = {"digits": folder / "digits.duckdb", "all": folder / "all.duckdb"}
    assert database(["merge", str(PILOTS / "digits.parquet"), "--db", str(found["digits"])]) == 0
    shards = [*sorted(SHELF.glob("*.parquet")), *sorted(PILOTS.glob("*.parquet"))]
    assert database(["merge", *map(str, shards), "--db", str(found["all"])]) == 0
    return {name: str(path) for name, path in found.items()}


@pytest.mark.parametrize("folder", [SHELF, SHELF / "modules", PILOTS, TRANSFER, TRANSFER / "modules"])
def test_every_shard_is_what_its_checksum_says(folder: Path) -> None:
    listed = {name for name in read_sums(folder) if name.endswith(".parquet")}
    assert listed == {path.name for path in folder.glob("*.parquet")}
    for path in folder.glob("*.parquet"):
        check_sums(path)


def test_the_release_is_what_its_shards_give(tmp_path: Path) -> None:
    for path in SHELF.iterdir():
        if path.suffix == ".parquet" or path.name == "verification.csv":
            shutil.copy(path, tmp_path)
    for name in ("modules", "latency", "searches"):
        shutil.copytree(SHELF / name, tmp_path / name)
    assert release(["--shelf", str(tmp_path)]) == 0
    for name in ("DATACARD.md", "schema.sql"):
        assert (tmp_path / name).read_text() == (SHELF / name).read_text(), name


def test_the_released_metadata_are_of_the_files_that_are_there() -> None:
    described = json.loads((SHELF / "croissant.json").read_text())["distribution"]
    names = {file["@id"] for file in described}
    there = [path for part in ("", "modules", "latency") for path in (SHELF / part).glob("*.parquet")]
    assert {path.relative_to(SHELF).as_posix() for path in there} <= names
    for file in described:
        path = SHELF / file["contentUrl"]
        assert (file["sha256"], file["contentSize"]) == (sha256(path), f"{path.stat().st_size} B"), path


def test_released_proxies_rank_by_what_can_be_trusted_most() -> None:
    with (SHELF / "calibrations.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["metric"] in OBJECTIVES]
    figures = {
        (row["proxy"], row["metric"]): [
            float(row[name]) if row[name] else None for name in ("reliability", "reliability_low", "validity")
        ]
        for row in rows
    }
    for proxy in {row["proxy"] for row in rows}:
        reliability, low, _ = figures[proxy, metric_of(proxy)]
        assert reliability is not None
        assert low is not None
        assert reliability >= 0.9  # the bar of a release
        assert low >= SURE
    products: dict[str, dict[str, tuple[float, float]]] = {}
    for (proxy, metric), found in figures.items():
        if found[2] is not None:
            products.setdefault(proxy, {})[metric] = trusted(*found)
    assert {proxy: max(found, key=lambda name: found[name]) for proxy, found in products.items()} == {
        proxy: metric_of(proxy) for proxy in products
    }
    assert {PROXIES[proxy].dataset for proxy in products} >= {"cifar10", "digits"}


def test_the_readme_prints_what_the_commands_print(tables: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    asking = (ROOT / "docs" / "asking.md").read_text()
    printed = [(question, tables["digits"], asking) for question in ("top 10 by top1", "rank 81009 by loss")]
    on = "on cifar10-8-local-colours-long"
    printed += [(question, str(SHELF), README) for question in (f"top 5 by loss {on}", f"rank 54983 by loss {on}")]
    for question, table, page in printed:
        capsys.readouterr()
        assert query([question, "--db", table]) == 0
        assert f'"{question}"' in page
        assert f"```\n{capsys.readouterr().out.rstrip(chr(10))}\n```" in page
    assert calibrate(["--measured", "--db", str(SHELF)]) == 0
    assert f"```\n{capsys.readouterr().out.rstrip(chr(10))}\n```" in README
    (line,) = re.findall(
        r"## digits:.*?\n\n.*?\n.*?\n\| val_loss +\| [^|]*\| ([^|]*?) +\|", (SHELF / "calibration.md").read_text()
    )
    assert f"the reliability of its validation loss is {line}" in " ".join(README.split())


def test_the_calibration_is_what_the_runs_give(tables: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert calibrate(["--measured", "--proxy", "all", "--db", tables["all"], "--format", "md"]) == 0
    assert capsys.readouterr().out == (ROOT / "database" / "calibration.md").read_text()


def test_the_table_of_all_pilots_is_whole(tables: dict[str, str]) -> None:
    assert database(["check", "--db", tables["all"]]) == 0
