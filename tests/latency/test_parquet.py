import sys
from pathlib import Path

import pytest

from sase_bench.errors import RequestError
from sase_bench.latency.checks import read_checks, replace_checks
from sase_bench.latency.comparisons import read_comparisons, write_comparisons
from sase_bench.latency.parquet import read_parquet, write_parquet
from sase_bench.latency.timings import read_timings, write_timings
from tests.latency.fakes import checked, compared, fake_parts, fake_timings

COLUMNS = {"name": "VARCHAR", "seconds": "DOUBLE[]", "stage": "BIGINT"}
ROWS = [("it's", [0.1, 1e-9], None), ("b", [], 3)]


@pytest.fixture(params=["DuckDB", "pyarrow"], autouse=True)
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Who writes and reads."""
    if request.param == "pyarrow":
        monkeypatch.setitem(sys.modules, "duckdb", None)
    return str(request.param)


def test_rows_come_back_by_column_and_take_the_place_of_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "the reader's" / "rows.parquet"
    for rows in (ROWS[1:], ROWS, []):
        write_parquet(path, COLUMNS, rows)
        assert read_parquet(path, COLUMNS, "rows") == [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    assert [other.name for other in path.parent.iterdir()] == ["rows.parquet"]


def test_where_there_is_no_file_there_are_no_rows(tmp_path: Path) -> None:
    assert read_parquet(tmp_path / "rows.parquet", COLUMNS, "rows") == []


def test_a_file_without_one_of_the_columns_is_of_another_kind(library: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    write_parquet(path, COLUMNS, ROWS)
    reason = "Binder Error: .*calls" if library == "DuckDB" else r"no column calls\)$"
    with pytest.raises(RequestError, match=rf"^'{path}' is not a file of timings \({reason}"):
        read_parquet(path, [*COLUMNS, "calls"], "timings")
    assert [row["calls"] for row in read_parquet(path, [*COLUMNS, "calls"], "timings", later={"calls"})] == [None, None]
    path.write_text("no Parquet at all")
    with pytest.raises(RequestError, match=rf"^'{path}' is not a file of timings \("):
        read_parquet(path, COLUMNS, "timings")


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RequestError, match=rf"^cannot write '{tmp_path}/file/rows.parquet' \("):
        write_parquet(tmp_path / "file" / "rows.parquet", COLUMNS, ROWS)


def test_what_one_library_writes_the_other_reads(library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rows.parquet"
    write_parquet(path, COLUMNS, ROWS)
    if library == "pyarrow":
        monkeypatch.undo()
    else:
        monkeypatch.setitem(sys.modules, "duckdb", None)
    assert read_parquet(path, COLUMNS, "rows") == [dict(zip(COLUMNS, row, strict=True)) for row in ROWS]


def test_every_kind_of_file_comes_back(tmp_path: Path) -> None:
    timings, checks, comparisons = (tmp_path / f"{name}.parquet" for name in ("timings", "checks", "comparisons"))
    write_timings(timings, fake_timings(scale=2.0**-20))  # which single precision has, too
    assert {timing.part: timing.seconds[1] for timing in read_timings(timings)} == fake_parts(scale=2.0**-20)
    replace_checks(checks, checked())
    assert {row.arch: row for row in read_checks(checks)} == {row.arch: row for row in checked()}
    row = compared("se", [0.5, 0.25], activations=10)
    write_comparisons(comparisons, [row])
    assert read_comparisons(comparisons) == [row]
