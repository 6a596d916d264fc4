"""Every example is run as a user runs it, against the real library."""

import runpy
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from sase_bench.database import Store
from sase_bench.query import ask
from tests.examples.outputs import EXAMPLES, NEEDS, environment, needed_by, purpose_of
from tests.records import DIGITS
from tests.search.tables import measured, records


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("examples") / "table.duckdb"
    with Store(path, [DIGITS]) as store:
        for record in records(measured(every=12, seeds=1)):
            store.append(record)
    return path


def test_every_example_is_listed() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(NEEDS)
    page = (EXAMPLES / "README.md").read_text()
    assert all(f"{purpose_of(path)}\n\n{needed_by(path)}\n" in page for path in EXAMPLES.glob("*.py"))


@pytest.mark.parametrize("where", ["given", "released"])
@pytest.mark.parametrize("name", NEEDS)
def test_an_example_runs(name: str, where: str, table: Path, tmp_path: Path) -> None:
    missing = [library for library in NEEDS[name] if find_spec(library) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed")
    home, folder = tmp_path / "home", tmp_path / "folder"
    for place in (home, folder):
        place.mkdir()
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / f"{name}.py"), *([str(table)] if where == "given" else [])],
        capture_output=True,
        text=True,
        cwd=folder if where == "given" else EXAMPLES.parent,
        env=environment(folder / "syne-tune") | {"HOME": str(home)},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert [path.name for path in home.iterdir()] == []


def _names_of(name: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What an example ends with, run on the released table."""
    for library in NEEDS[name]:
        pytest.importorskip(library)
    path = str(EXAMPLES / f"{name}.py")
    monkeypatch.chdir(EXAMPLES.parent)
    monkeypatch.setattr(sys, "argv", [path])
    return runpy.run_path(path)


def test_means_by_operation_are_of_the_blocks_that_an_effect_is_of(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _names_of("pandas_frame", monkeypatch)
    counted = found["means"].groupby(found["slot"]).count().to_dict()
    effect = ask("effect channel_squeeze by loss", db=EXAMPLES.parent / "database").records()
    assert counted == {row["operation"]: row["architectures"] for row in effect}


def test_the_loop_that_asks_and_tells_goes_on_until_a_model_was_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _names_of("ask_tell", monkeypatch)
    assert found["search"].predict(found["best"].index) is not None
