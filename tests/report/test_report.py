import json
from pathlib import Path

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
    assert capsys.readouterr().out.splitlines() == [str(folder / "summary.md"), str(folder / "numbers.json")]
    numbers = json.loads((folder / "numbers.json").read_text())
    assert list(numbers) == ["summary", "top 20 by loss on digits", *(f"effect {slot} by loss on digits" for slot in SLOTS)]
    for question, records in numbers.items():
        assert records == [dict(record) for record in ask(question, db=table).records()]
    text = (folder / "summary.md").read_text()
    assert text.count("\n## ") == len(numbers)
    assert all(f'`python -m sase_bench.query "{question}"`' in text for question in numbers)


def test_the_same_table_gives_the_same_bytes(table: Path, tmp_path: Path) -> None:
    for name in ("first", "second"):
        assert main(["--db", str(table), "--output", str(tmp_path / name)]) == 0
    for name in ("summary.md", "numbers.json"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_bad_requests_get_one_line_and_status_2(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--db", str(tmp_path / "none.duckdb")]) == 2
    assert main(["--db", str(table), "--output", str(table)]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("report: there is no table")
    assert second.startswith("report: cannot write to")
