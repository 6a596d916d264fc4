"""What users type and import stays as it is until a change is meant; then: python -m tests.snapshots"""

import lzma
from pathlib import Path

import pytest

from sase_bench.database import connect
from sase_bench.database.__main__ import main as database
from sase_bench.database.version import SCHEMA_VERSION
from sase_bench.query import ask
from tests import snapshots
from tests.snapshots import ASSETS, COMMANDS, MODULES

CHANGED = "if this change is meant, write it down with: python -m tests.snapshots"


@pytest.mark.parametrize("name", MODULES)
def test_public_names_and_parameters_are_those_written_down(name: str) -> None:
    assert snapshots.api_of(name) == (ASSETS / "api" / f"{name}.txt").read_text(), CHANGED


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_is_the_one_written_down(command: str) -> None:
    """Word by word: where lines break depends on the version of Python."""
    assert snapshots.help_of(command).split() == (ASSETS / "help" / f"{command}.txt").read_text().split(), CHANGED


def test_nothing_is_written_down_that_is_not_there() -> None:
    assert {path.stem for path in (ASSETS / "help").iterdir()} == set(COMMANDS)
    assert {path.stem for path in (ASSETS / "api").iterdir()} == set(MODULES)


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION + 1))
def test_what_a_release_wrote_opens_and_answers(version: int, tmp_path: Path) -> None:
    frozen, shard = tmp_path / "frozen.duckdb", ASSETS / f"schema-{version}.parquet"
    with lzma.open(ASSETS / f"schema-{version}.duckdb.xz") as file:
        frozen.write_bytes(file.read())
    assert database(["migrate", "--db", str(frozen)]) == 0
    for place in (frozen, shard):
        assert [row["arch"] for row in ask("top 2 by top1", db=place).records()] == [81009, 5829]
        (counted,) = ask("sql SELECT count(*) AS runs, count(DISTINCT arch) AS blocks FROM runs", db=place).records()
        assert counted == {"runs": 72, "blocks": 24}
    with connect(frozen) as table, connect(shard) as other:
        asked = "SELECT * FROM runs ORDER BY arch, seed"
        assert table.execute(asked).fetchall() == other.execute(asked).fetchall()
    assert database(["check", "--db", str(frozen)]) == 0
    assert database(["merge", str(shard), "--db", str(frozen)]) == 0


def test_assets_are_small() -> None:
    assert max(path.stat().st_size for path in ASSETS.rglob("*") if path.is_file()) < 300_000
