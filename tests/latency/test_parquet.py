from pathlib import Path

import pytest

from sase_bench.errors import RequestError
from sase_bench.latency.parquet import read_parquet, write_parquet

COLUMNS = {"name": "VARCHAR", "seconds": "DOUBLE[]", "stage": "BIGINT"}
ROWS = [("it's", [0.1, 1e-9], None), ("b", [], 3)]


def test_rows_come_back_by_column_and_take_the_place_of_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "the reader's" / "rows.parquet"
    for rows in (ROWS[1:], ROWS, []):
        write_parquet(path, COLUMNS, rows)
        assert read_parquet(path, COLUMNS, "rows") == [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    assert [other.name for other in path.parent.iterdir()] == ["rows.parquet"]


def test_where_there_is_no_file_there_are_no_rows(tmp_path: Path) -> None:
    assert read_parquet(tmp_path / "rows.parquet", COLUMNS, "rows") == []


def test_a_file_without_one_of_the_columns_is_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    write_parquet(path, COLUMNS, ROWS)
    with pytest.raises(RequestError, match=rf"^'{path}' is not a file of timings \(Binder Error: .*calls"):
        read_parquet(path, [*COLUMNS, "calls"], "timings")


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RequestError, match=rf"^cannot write '{tmp_path}/file/rows.parquet' \("):
        write_parquet(tmp_path / "file" / "rows.parquet", COLUMNS, ROWS)
