import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from sase_bench.database import Store
from sase_bench.query import ask
from sase_bench.report.__main__ import main
from sase_bench.space import SLOTS, Space
from tests.records import DIGITS, made_up


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.duckdb"
    with Store(path, [DIGITS]) as store:
        for arch in Space("tied").sample(30, seed=1):
            store.append(made_up(arch.index))
    return path


def test_a_report_answers_its_own_questions(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "reports"
    assert main(["--db", str(table), "--output", str(folder)]) == 0
    printed = set(capsys.readouterr().out.splitlines())
    assert printed == {str(path) for path in folder.rglob("*") if path.is_file()}
    questions = ["summary", "top 20 by loss on digits", *(f"effect {slot} by loss on digits" for slot in SLOTS)]
    text = (folder / "summary.md").read_text()
    assert text.count("\n## ") == len(questions) + 1  # and the released transfer, as no other was named
    assert "\n## Transfer to ordinary networks\n" in text
    assert all(f'`python -m sase_bench.query "{question}" --db {table}`' in text for question in questions)
    for line in (line for line in text.splitlines() if line.startswith("`python -m sase_bench.query")):
        assert (f"--db {table}" if "compare" not in line else "--db database/transfer") in line


def rounded(records: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What they are once they are rounded."""
    return [
        {name: float(f"{value:.10g}") if isinstance(value, float) else value for name, value in record.items()}
        for record in records
    ]


def test_the_numbers_are_those_that_the_questions_get(table: Path, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    assert main(["--db", str(table), "--output", str(folder)]) == 0
    numbers = json.loads((folder / "numbers.json").read_text())
    (found,) = numbers["measurements"]
    assert found["blocks"] == rounded(ask("top 30 by loss on digits", db=table).records())
    for slot in SLOTS:
        answer = ask(f"effect {slot} by loss on digits", db=table)
        assert found["effects"][slot] == rounded(answer.records())
    assert numbers["calibrations"] == []  # one seed a block
    sase = next(network for network in numbers["networks"] if network.get("module") == "sase")
    assert sase["published"] == []


def test_the_same_table_gives_the_same_bytes(table: Path, tmp_path: Path) -> None:
    for name in ("first", "second"):
        assert main(["--db", str(table), "--output", str(tmp_path / name)]) == 0
    files = [path.relative_to(tmp_path / "first") for path in (tmp_path / "first").rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".html", ".json", ".md", ".png", ".svg", ".tex"}
    for path in files:
        assert (tmp_path / "first" / path).read_bytes() == (tmp_path / "second" / path).read_bytes()


def test_without_matplotlib_nothing_is_read_and_nothing_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for library in ("matplotlib", "matplotlib.figure"):
        monkeypatch.setitem(sys.modules, library, None)
    folder = tmp_path / "reports"
    assert main(["--db", str(tmp_path / "none.duckdb"), "--output", str(folder)]) == 2
    line = "report: drawing figures needs the extra 'report'; install it with: pip install 'sase-bench[report]'\n"
    assert capsys.readouterr() == ("", line)
    assert not folder.exists()


def test_bad_requests_get_one_line_and_status_2(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--db", str(tmp_path / "none.duckdb")]) == 2
    assert main(["--db", str(table), "--output", str(table)]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("report: there is no table")
    assert second.startswith("report: cannot write to")
