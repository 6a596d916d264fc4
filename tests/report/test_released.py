"""The texts of `reports/` are those that the program writes from the released shelf; its figures are not drawn here."""

import json
from pathlib import Path
from typing import Any

import pytest

from sase_bench.report.document import texts
from sase_bench.report.inputs import read_inputs
from tests.report.repeated import repeated
from tests.report.typesetting import refused

ROOT = Path(__file__).parents[2]
FILES = ("searches", "importances")  # as other programs wrote them
AGAIN = "the report is not of the released data; run python -m sase_bench.report"


@pytest.fixture(scope="module")
def written() -> dict[str, str]:
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(ROOT)
        return texts(*read_inputs(Path("database")))


def test_the_released_texts_are_those_of_the_released_data(written: dict[str, str]) -> None:
    changed = [
        name
        for name, text in written.items()
        if name != "numbers.json" and text != (ROOT / "reports" / name).read_text(encoding="utf-8")
    ]
    assert changed == [], AGAIN


def test_the_released_numbers_are_those_of_the_released_data(written: dict[str, str]) -> None:
    kept = json.loads((ROOT / "reports" / "numbers.json").read_text(encoding="utf-8"))
    assert _apart(json.loads(written["numbers.json"]), kept) == [], AGAIN


def test_the_released_folder_has_no_table_of_a_proxy_that_is_gone(written: dict[str, str]) -> None:
    assert {path.name for path in (ROOT / "reports").glob("*.tex")} == {name for name in written if name.endswith(".tex")}, (
        AGAIN
    )


def test_every_released_table_fits_the_page_of_a_paper(written: dict[str, str], tmp_path: Path) -> None:
    assert refused({name: text for name, text in written.items() if name.endswith(".tex")}, tmp_path) == []


def test_no_released_number_stands_twice(written: dict[str, str]) -> None:
    content = json.loads(written["numbers.json"])
    assert repeated({name: value for name, value in content.items() if name not in FILES}) == []


def test_numbers_that_differ_are_told_by_their_place() -> None:
    assert _apart({"a": [1.0, None, "x"]}, {"a": [1.0 + 1e-12, None, "x"]}) == []
    assert _apart({"a": [1.0, 2]}, {"a": [1.5, 2]}) == [".a[0]"]
    assert _apart({"a": 1}, {"b": 1}) == [""]
    assert _apart([1, 2], [1]) == [""]


def _apart(one: Any, other: Any, place: str = "") -> list[str]:
    """Where two values of a JSON file differ by more than another machine's rounding."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return [found for key in one for found in _apart(one[key], other[key], f"{place}.{key}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [found for i, pair in enumerate(zip(one, other, strict=True)) for found in _apart(*pair, f"{place}[{i}]")]
    if isinstance(one, float) and isinstance(other, float):
        return [] if one == pytest.approx(other, rel=1e-6, abs=1e-9) else [place]
    return [] if one == other else [place]
