import csv
import io
import json
from pathlib import Path

import duckdb
import pytest

from sase_bench.answers import render
from sase_bench.answers.parquet import write_parquet
from sase_bench.errors import RequestError
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

  epoch    train_loss    train_loss_sd    val_loss    val_loss_sd    val_top1    val_top1_sd    seeds
-------  ------------  ---------------  ----------  -------------  ----------  -------------  -------
      1        3.0000           1.4142      1.1250         0.1768      0.3906         0.0221        2
      2        3.0000           1.4142      1.1250         0.1768      0.3906         0.0221        2
      3        3.0000           1.4142      1.1250         0.1768      0.3906         0.0221        2
      4        3.0000           1.4142      1.1250         0.1768      0.3906         0.0221        2
      5        3.0000           1.4142      1.1250         0.1768      0.3906         0.0221        2
      6        3.0000           1.4142      1.1250         0.1768      0.3906         0.0221        2
      7        3.0000           1.4142      1.1250         0.1768      0.3906         0.0221        2
      8        3.0000           1.4142      1.1250         0.1768      0.3906         0.0221        2
      9        3.0000           1.4142      1.1250         0.1768      0.3906         0.0221        2
     10        3.0000           1.4142      1.1250         0.1768      0.3906         0.0221        2
     11        3.0000           1.4142      1.1250         0.1768      0.3906         0.0221        2
     12        2.0000           1.4142      0.5625         0.0884      0.7812         0.0442        2
"""


CURVE_MARKDOWN = """\
|   |   |
| --- | --- |
| arch | 0 |
| text | gap/3conv1d_3/3conv1d_3/gap/gap/conv_3x1_1x3 |
| proxy | digits |

| epoch | train_loss | train_loss_sd | val_loss | val_loss_sd | val_top1 | val_top1_sd | seeds |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| 1 | 3.0000 | 1.4142 | 1.1250 | 0.1768 | 0.3906 | 0.0221 | 2 |
| 2 | 3.0000 | 1.4142 | 1.1250 | 0.1768 | 0.3906 | 0.0221 | 2 |
| 3 | 3.0000 | 1.4142 | 1.1250 | 0.1768 | 0.3906 | 0.0221 | 2 |
| 4 | 3.0000 | 1.4142 | 1.1250 | 0.1768 | 0.3906 | 0.0221 | 2 |
| 5 | 3.0000 | 1.4142 | 1.1250 | 0.1768 | 0.3906 | 0.0221 | 2 |
| 6 | 3.0000 | 1.4142 | 1.1250 | 0.1768 | 0.3906 | 0.0221 | 2 |
| 7 | 3.0000 | 1.4142 | 1.1250 | 0.1768 | 0.3906 | 0.0221 | 2 |
| 8 | 3.0000 | 1.4142 | 1.1250 | 0.1768 | 0.3906 | 0.0221 | 2 |
| 9 | 3.0000 | 1.4142 | 1.1250 | 0.1768 | 0.3906 | 0.0221 | 2 |
| 10 | 3.0000 | 1.4142 | 1.1250 | 0.1768 | 0.3906 | 0.0221 | 2 |
| 11 | 3.0000 | 1.4142 | 1.1250 | 0.1768 | 0.3906 | 0.0221 | 2 |
| 12 | 2.0000 | 1.4142 | 0.5625 | 0.0884 | 0.7812 | 0.0442 | 2 |
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


@pytest.mark.parametrize("question", ["columns", "top 1 by loss on digits", "modules by loss on digits"])
def test_a_proxy_that_the_table_has_not_is_refused_whatever_is_asked(asked: Ask, question: str) -> None:
    with pytest.raises(RequestError, match=r"^unknown proxy 'nope'; choose from "):
        asked(question, proxy="nope")
