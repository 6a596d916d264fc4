import csv
import io
import json
import math
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from sase_bench.query import Answer
from sase_bench.query.answer import Field, fields
from sase_bench.query.format import FORMATS, render, write_parquet
from tests.query.conftest import Ask
from tests.query.tables import DIVERGED, PLAIN, SASE

GAP = "top 2 by top1 where channel_squeeze = gap"

QUERIES = (
    "top 3 by top1",
    "top 3 by loss where top1 > 1",
    "pareto loss vs train_seconds",
    f"arch {SASE}",
    f"rank {SASE} by loss",
    f"compare {SASE} with {DIVERGED}",
    f"curve {PLAIN}",
    "effect channel_squeeze by loss",
    "fidelity by loss",
    "proxies",
    "columns",
    "summary",
    "sql SELECT arch, seed, status, val_loss FROM runs ORDER BY ALL",
)

RANKING = """\
  place    arch  text                                            val_top1    val_top1_sd    seeds    val_loss    params    flops
-------  ------  --------------------------------------------  ----------  -------------  -------  ----------  --------  -------
      1       0  gap/3conv1d_3/3conv1d_3/gap/gap/conv_3x1_1x3      0.7812         0.0442        2      0.5625    19,894  195,024
      2    2862  gap/2conv_1x1/2conv_1x1/p-norm/p-norm/affine      0.6250         0.0000        2      1.0000    20,342  193,864
"""

RANKING_CSV = """\
place,arch,text,val_top1,val_top1_sd,seeds,val_loss,params,flops
1,0,gap/3conv1d_3/3conv1d_3/gap/gap/conv_3x1_1x3,0.78125,0.04419417382415922,2,0.5625,19894,195024
2,2862,gap/2conv_1x1/2conv_1x1/p-norm/p-norm/affine,0.625,0.0,2,1.0,20342,193864
"""

RANKING_JSON = """\
[
  {"place": 1, "arch": 0, "text": "gap/3conv1d_3/3conv1d_3/gap/gap/conv_3x1_1x3", "val_top1": 0.78125, \
"val_top1_sd": 0.04419417382415922, "seeds": 2, "val_loss": 0.5625, "params": 19894, "flops": 195024},
  {"place": 2, "arch": 2862, "text": "gap/2conv_1x1/2conv_1x1/p-norm/p-norm/affine", "val_top1": 0.625, \
"val_top1_sd": 0.0, "seeds": 2, "val_loss": 1.0, "params": 20342, "flops": 193864}
]
"""

CURVE = """\
arch   0
text   gap/3conv1d_3/3conv1d_3/gap/gap/conv_3x1_1x3
proxy  digits

  epoch    train_loss    val_loss    val_top1    seeds
-------  ------------  ----------  ----------  -------
      1        3.0000      1.1250      0.3906        2
      2        3.0000      1.1250      0.3906        2
      3        3.0000      1.1250      0.3906        2
      4        3.0000      1.1250      0.3906        2
      5        3.0000      1.1250      0.3906        2
      6        3.0000      1.1250      0.3906        2
      7        3.0000      1.1250      0.3906        2
      8        3.0000      1.1250      0.3906        2
      9        3.0000      1.1250      0.3906        2
     10        3.0000      1.1250      0.3906        2
     11        3.0000      1.1250      0.3906        2
     12        2.0000      0.5625      0.7812        2
"""

CURVE_MARKDOWN = """\
|   |   |
| --- | --- |
| arch | 0 |
| text | gap/3conv1d_3/3conv1d_3/gap/gap/conv_3x1_1x3 |
| proxy | digits |

| epoch | train_loss | val_loss | val_top1 | seeds |
| ---: | ---: | ---: | ---: | ---: |
| 1 | 3.0000 | 1.1250 | 0.3906 | 2 |
| 2 | 3.0000 | 1.1250 | 0.3906 | 2 |
| 3 | 3.0000 | 1.1250 | 0.3906 | 2 |
| 4 | 3.0000 | 1.1250 | 0.3906 | 2 |
| 5 | 3.0000 | 1.1250 | 0.3906 | 2 |
| 6 | 3.0000 | 1.1250 | 0.3906 | 2 |
| 7 | 3.0000 | 1.1250 | 0.3906 | 2 |
| 8 | 3.0000 | 1.1250 | 0.3906 | 2 |
| 9 | 3.0000 | 1.1250 | 0.3906 | 2 |
| 10 | 3.0000 | 1.1250 | 0.3906 | 2 |
| 11 | 3.0000 | 1.1250 | 0.3906 | 2 |
| 12 | 2.0000 | 0.5625 | 0.7812 | 2 |
"""

BLOCK = """\
arch             5
text             gap/3conv1d_3/3conv1d_3/gap/gap/2conv_3x3
digits           0 0 0 0 0 5
is_tied          yes
channel_squeeze  gap
channel_excite   3conv1d_3
channel_gate     3conv1d_3
gated_squeeze    gap
spatial_squeeze  gap
spatial_excite   2conv_3x3
resnet50_params  25,557,672
resnet50_flops   4,089,733,468

proxy             digits
runs              2
seeds             0
diverged          2
failed            0
reasons           seed 0 diverged: made up; seed 1 diverged: made up
val_top1          -
val_top1_sd       -
val_loss          -
val_loss_sd       -
train_seconds     -
train_seconds_sd  -
trunk             resnet8-w8-8px-1x10
params            19,930
flops             196,032
latency           -
"""


@pytest.mark.parametrize(
    ("query", "name", "text"),
    [
        (GAP, "table", RANKING),
        (GAP, "csv", RANKING_CSV),
        (GAP, "json", RANKING_JSON),
        (f"curve {PLAIN}", "table", CURVE),
        (f"curve {PLAIN}", "md", CURVE_MARKDOWN),
        (f"arch {DIVERGED}", "table", BLOCK),
    ],
)
def test_answers_look_like_this(asked: Ask, query: str, name: str, text: str) -> None:
    assert render(asked(query), name) == text


@pytest.mark.parametrize("query", QUERIES)
def test_json_and_csv_hold_the_values_of_every_kind_of_answer(asked: Ask, query: str) -> None:
    answer = asked(query)
    assert json.loads(render(answer, "json")) == answer.records()
    header, *rows = csv.reader(io.StringIO(render(answer, "csv")))
    assert (tuple(header), len(rows)) == (answer.columns, len(answer.rows))
    for row, values in zip(rows, answer.rows, strict=True):
        assert [float(cell) for cell, value in zip(row, values, strict=True) if isinstance(value, float)] == [
            value for value in values if isinstance(value, float)
        ]


@pytest.mark.parametrize("query", QUERIES)
def test_parquet_holds_values_and_types_of_every_kind_of_answer(asked: Ask, query: str, tmp_path: Path) -> None:
    answer = asked(query)
    path = tmp_path / "it's.parquet"
    write_parquet(answer, path)
    with duckdb.connect() as connection:
        connection.execute("SELECT * FROM read_parquet(?)", [str(path)])
        assert [(name, str(kind)) for name, kind, *_ in connection.description or []] == [
            (field.name, field.type) for field in answer.fields
        ]
        assert tuple(connection.fetchall()) == answer.rows


@pytest.mark.parametrize("query", QUERIES)
def test_people_see_every_column(asked: Ask, query: str) -> None:
    answer = asked(query)
    for text in (render(answer, "table"), render(answer, "md")):
        assert text.endswith("\n")
        assert all(column in text for column in answer.columns)


ODD = Answer(
    fields=tuple(
        Field(name, kind, "raw")
        for name, kind in {
            "flag": "BOOLEAN", "inf": "DOUBLE", "nan": "DOUBLE", "list": "DOUBLE[]", "struct": "STRUCT(a INTEGER)",
            "blob": "BLOB", "decimal": "DECIMAL(4,2)", "date": "DATE", "interval": "INTERVAL", "huge": "HUGEINT",
            "text": "VARCHAR",
        }.items()
    ),
    rows=(
        (True, math.inf, math.nan, [1.5, math.nan], {"a": 1}, b"\x00\xff", Decimal("1.50"), date(2026, 11, 22),
         timedelta(days=1), 2**100, 'a|b\n\x1b[31m"c",'),
        (None,) * 11,
    ),
)  # fmt: skip


def test_json_has_only_what_json_has() -> None:
    first, second = json.loads(render(ODD, "json"), parse_constant=lambda name: pytest.fail(name))
    assert first == {
        "flag": True, "inf": None, "nan": None, "list": [1.5, None], "struct": {"a": 1}, "blob": "00ff", "decimal": "1.50",
        "date": "2026-11-22", "interval": "1 day, 0:00:00", "huge": 2**100, "text": 'a|b\n\x1b[31m"c",',
    }  # fmt: skip
    assert set(second.values()) == {None}


def test_csv_quotes_what_needs_it_and_leaves_missing_empty() -> None:
    _, first, second = csv.reader(io.StringIO(render(ODD, "csv")))
    assert first == [
        "true", "", "", "[1.5, null]", '{"a": 1}', "00ff", "1.50", "2026-11-22", "1 day, 0:00:00", str(2**100),
        'a|b\n\x1b[31m"c",',
    ]  # fmt: skip
    assert second == [""] * 11


def test_parquet_writes_odd_types_as_text(tmp_path: Path) -> None:
    write_parquet(ODD, tmp_path / "odd.parquet")
    with duckdb.connect() as connection:
        rows = connection.execute("SELECT * FROM read_parquet(?)", [str(tmp_path / "odd.parquet")]).fetchall()
    assert rows[0][:6] == (True, None, None, "[1.5, null]", '{"a": 1}', "00ff")
    assert rows[0][6:9] == (Decimal("1.50"), date(2026, 11, 22), "1 day, 0:00:00")
    assert rows[1] == (None,) * 11


def test_text_cannot_steer_a_terminal_or_break_a_table() -> None:
    assert "\x1b" not in render(ODD, "table")
    assert "\\x1b[31m" in render(ODD, "table")
    assert 'a\\|b<br>\\x1b[31m"c",' in render(ODD, "md")
    assert {line.replace("\\|", "").count("|") for line in render(ODD, "md").splitlines()} == {12}


def test_a_column_has_one_number_of_decimals() -> None:
    def column(*values: float | None) -> list[str]:
        answer = Answer(fields=fields("arch", "val_loss_sd"), rows=tuple(enumerate(values)))
        return [line.split("|")[2].strip() for line in render(answer, "md").splitlines()[2:]]

    assert column(0.004, 0.0007071067811865475, None, 0.0, -1.5) == ["0.00400", "0.00071", "-", "0.00000", "-1.50000"]
    assert column(0.004, 0.0012) == ["0.0040", "0.0012"]
    assert column(0.0) == ["0.0000"]
    assert column(0.004, 1.25e-9) == ["0.0040", "1.25e-09"]  # no column is that wide


def test_numbers_for_people_are_rounded_but_never_to_nothing() -> None:
    answer = Answer(
        fields=fields("val_loss", "params", "arch", "train_seconds"), rows=((0.00001234, 1234567, 1234567, 1234.5),)
    )
    assert render(answer, "md").splitlines()[-1] == "| 0.000012 | 1,234,567 | 1234567 | 1,234.50 |"
    answer = Answer(fields=fields("val_loss", "value"), rows=((1.5e30, 20170), (0.0, -0.5)))
    assert render(answer, "md").splitlines()[-2:] == ["| 1.5e+30 | 20,170 |", "| 0.0000 | -0.5000 |"]


@pytest.mark.parametrize("name", FORMATS)
def test_an_answer_without_rows_has_its_columns(name: str) -> None:
    text = render(Answer(fields=fields("place", "arch"), rows=()), name)
    assert text == {
        "table": "place  arch\n", "json": "[]\n", "csv": "place,arch\n", "md": "| place | arch |\n| ---: | ---: |\n",
    }[name]  # fmt: skip
    assert render(Answer(fields=fields("place", "arch"), rows=(), upright=True, shared=1), name)


def test_a_table_for_people_shows_two_hundred_rows() -> None:
    answer = Answer(fields=fields("place"), rows=tuple((place,) for place in range(1000)))
    assert [len(render(answer, name).splitlines()) for name in ("table", "md", "csv")] == [202, 1002, 1001]
