from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from sase_bench.answers.parquet import write_parquet
from sase_bench.errors import RequestError
from tests.answers.odd import ODD


def test_odd_types_are_written_as_text(tmp_path: Path) -> None:
    write_parquet(ODD, tmp_path / "odd.parquet")
    with duckdb.connect() as connection:
        rows = connection.execute("SELECT * FROM read_parquet(?)", [str(tmp_path / "odd.parquet")]).fetchall()
    assert rows[0][:6] == (True, None, None, "[1.5, null]", '{"a": 1}', "00ff")
    assert rows[0][6:9] == (Decimal("1.50"), date(2026, 11, 22), "1 day, 0:00:00")
    assert rows[1] == (None,) * 11


def test_a_file_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"^cannot write '.*none/odd\.parquet' as Parquet \("):
        write_parquet(ODD, tmp_path / "none" / "odd.parquet")
