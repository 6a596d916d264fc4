"""Commands that an answer suggests work where they are suggested: nothing writes to a shelf as if it were a table."""

import re
import shlex
from pathlib import Path

import pytest

from sase_bench.database import Store, export
from sase_bench.database.__main__ import main as database
from sase_bench.database.reader import connect
from sase_bench.database.schema import MODULE_TABLES
from sase_bench.errors import RequestError
from sase_bench.modules import Module
from sase_bench.query import ask
from tests.query.tables import run
from tests.records import DIGITS
from tests.shelves import write_shelf

UNTRIED = 100_000


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """Shards of blocks, and in `modules` one of the plain trunk and ECA."""
    folder = write_shelf(tmp_path / "a shelf")
    (folder / "modules").mkdir()
    with Store(tmp_path / "modules.duckdb", [DIGITS]) as store:
        for name in ("none", "eca"):
            store.append(run(Module(name).index, 0, 0.5, 1.0, 1.0))
    with connect(tmp_path / "modules.duckdb") as table:
        export(table, folder / "modules" / "digits.parquet", tables=MODULE_TABLES)
    return folder


@pytest.mark.parametrize(
    ("query", "predicted", "command"),
    [
        (f"rank {UNTRIED} by loss", None, f"sweep --plan {UNTRIED} --proxy digits --space full"),
        ("curve bam", None, "sweep --plan bam --proxy digits"),
        ("top 3 by loss", "gp", "predictors predict --proxy digits"),
        ("top 3 by latency", None, "latency fill --trunks resnet8-w8-8px-1x10"),
    ],
)
def test_what_lies_on_a_shelf_is_put_into_a_table_first(shelf: Path, query: str, predicted: str | None, command: str) -> None:
    with pytest.raises(RequestError) as error:
        ask(query, db=shelf, predicted=predicted)
    assert (
        f"python -m sase_bench.database merge '{shelf}' --db sase-bench.duckdb, "
        f"and then: python -m sase_bench.{command} --db sase-bench.duckdb"
    ) in str(error.value)


def test_the_suggested_merge_makes_a_table_with_everything(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RequestError) as error:
        ask(f"rank {UNTRIED} by loss", db=shelf)
    monkeypatch.chdir(tmp_path)
    (command,) = re.findall(r"python -m sase_bench\.database (.*?), and then", str(error.value))
    words = shlex.split(command)
    shards = [str(path) for word in words for path in sorted(Path("/").glob(word.lstrip("/")))]
    assert database([words[0], *shards, *words[-2:]]) == 0
    assert len(ask("top 9 by loss", db="sase-bench.duckdb").rows) == 9
    assert len(ask("modules by loss", db="sase-bench.duckdb").rows) == 2


def test_one_shard_is_named_itself(shelf: Path) -> None:
    with pytest.raises(RequestError, match=r"merge '.*/digits\.parquet' --db sase-bench\.duckdb, and then: "):
        ask(f"rank {UNTRIED} by loss", db=shelf / "digits.parquet")


def test_a_table_is_written_to_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a table.duckdb"
    with Store(path, [DIGITS]) as store:
        store.append(run(0, 0, 0.5, 1.0, 1.0))
    with pytest.raises(RequestError, match=f"train it with: python -m sase_bench.sweep --plan 5 --proxy digits --db '{path}'"):
        ask("rank 5 by loss", db=path)


def test_the_shards_of_modules_alone_answer_for_modules(shelf: Path) -> None:
    folder = shelf / "modules"
    assert [row[0] for row in ask("modules by loss", db=folder).rows] == ["eca", "none"]
    for query in ("summary", "proxies"):
        assert any("holds runs of published modules only" in note for note in ask(query, db=folder).notes)
    with pytest.raises(RequestError, match="no block has a run that ended ok on the proxy digits, but published modules have"):
        ask("top 3 by loss", db=folder)
