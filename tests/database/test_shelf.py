import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pytest

from sase_bench.cost import count
from sase_bench.database import Store, connect, merge
from sase_bench.database.__main__ import main
from sase_bench.database.check import check_shelf
from sase_bench.database.checksums import SUMS
from sase_bench.database.reader import DEFAULT_TABLE, default_source, released
from sase_bench.database.shelf import CALIBRATIONS, fill, find_released, read_shelf, writing
from sase_bench.errors import RequestError
from sase_bench.query.__main__ import main as query
from sase_bench.recipes.registry import PROXIES
from sase_bench.space import Space
from tests.shelves import rewrite, write_shelf

NAMES = ("cifar10-8", "digits")
RELATIONS = ("architectures", "proxies", "runs", "validation_runs", "epochs", "costs", "calibrations", "scores", "about")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shelf(tmp_path_factory.mktemp("shelf") / "database", NAMES)


@pytest.fixture(scope="module")
def table(shelf: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same runs, merged into a table."""
    path = tmp_path_factory.mktemp("table") / "table.duckdb"
    with Store(path, [PROXIES[name] for name in NAMES]) as store:
        for shard in sorted(shelf.glob("*.parquet")):
            assert str(merge(store, shard)).endswith("0 already there, 0 in conflict, 0 refused")
    return path


@pytest.mark.parametrize("relation", RELATIONS)
def test_a_shelf_is_the_table_that_its_shards_merge_into(shelf: Path, table: Path, relation: str) -> None:
    with connect(shelf) as first, connect(table) as second:
        both = [opened.execute(f"SELECT * FROM {relation} ORDER BY ALL") for opened in (first, second)]
        assert both[0].description == both[1].description
        assert both[0].fetchall() == both[1].fetchall()


def test_one_shard_is_a_table_of_its_own(shelf: Path) -> None:
    with connect(shelf / "digits.parquet") as table:
        assert table.execute("SELECT proxy FROM proxies").fetchall() == [("digits",)]
        assert table.execute("SELECT DISTINCT proxy FROM runs").fetchall() == [("digits",)]


def test_what_writes_to_a_shelf_is_told_to_make_a_table_first(shelf: Path) -> None:
    assert writing(Path("a table.duckdb"), "sweep") == "python -m sase_bench.sweep --db 'a table.duckdb'"
    merged = f"python -m sase_bench.database merge {shelf} --db sase-bench.duckdb"
    assert writing(shelf, "sweep") == f"{merged}, and then: python -m sase_bench.sweep --db sase-bench.duckdb"


def test_the_command_without_an_action_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    choices = "ACTION is one of check, export, merge, migrate, schema (see --help)"
    assert capsys.readouterr().err == f"database: the following arguments are required: ACTION; {choices}\n"


def test_costs_summed_in_sql_are_those_that_are_counted(shelf: Path) -> None:
    with connect(shelf) as table:
        for name in NAMES:
            trunk = PROXIES[name].trunk
            found = table.execute("SELECT params, flops FROM costs WHERE trunk = ? ORDER BY arch", [trunk.name]).fetchnumpy()
            counted = count(trunk, Space("full").digits())
            assert np.array_equal(found["params"], counted.params)
            assert np.array_equal(found["flops"], counted.flops)


def test_what_was_copied_needs_the_files_no_more(tmp_path: Path) -> None:
    path = write_shelf(tmp_path / "database")
    with duckdb.connect() as connection:
        fill(connection, read_shelf(path), copied=("runs", "epochs"))
        (path / "digits.parquet").unlink()
        assert connection.execute("SELECT count(*) FROM epochs JOIN runs USING (arch, proxy, seed)").fetchone() != (0,)


def test_calibrations_beside_the_shards_are_part_of_the_table(tmp_path: Path) -> None:
    path = write_shelf(tmp_path)
    columns = "proxy,metric,blocks,seeds,reliability,reference,unscored,runs,seconds"
    (path / CALIBRATIONS).write_text(f"{columns}\ndigits,val_loss,7,2,0.5,,0,14,1.5\nother,val_loss,7,2,0.1,,0,14,1.5\n")
    for place in (path, path / "digits.parquet"):
        with connect(place) as table:
            found = table.execute("SELECT proxy, reliability, reliability_low, reference, seconds FROM calibrations").fetchall()
        assert found == [("digits", 0.5, None, None, 1.5)]


HEADER = b"proxy,metric,blocks,seeds,reliability,unscored,runs,seconds"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\x89PNG\r\n\xff\xfe", "'utf-8' codec can't decode byte 0x89 in position 0: invalid start byte"),
        (HEADER + b"\ndigits,val_loss,7,2,\xff,0,14,1.5\n", "'utf-8' codec can't decode byte 0xff in position "),
        (b'proxy,"1; DROP TABLE runs; --"\ndigits,1\n', "unknown column '1; DROP TABLE runs; --'"),
        (b"proxy,metrics\ndigits,1\n", "unknown column 'metrics'; did you mean metric?"),
        (HEADER + b",runs\ndigits,val_loss,7,2,0.5,0,14,1.5,9\n", "the column runs is there 2 times"),
        (b"proxy,blocks,reliability\ndigits,7,0.5\n", "there is no column metric, seeds, unscored, runs, seconds"),
        (b"", "there is no column proxy, metric, blocks, seeds, unscored, runs, seconds"),
        (HEADER + b"\ndigits,val_loss,7,2,0.5,0,14,1.5,9\n", "row 2 has 9 values for 8 columns"),
        (HEADER + b"\ndigits,val_loss,7,2,0.5,0,14\n", "row 2 has 7 values for 8 columns"),
        (HEADER + b"\ndigits,val_loss,7,2,\x1b[2J,0,14,1.5\n", r"the column reliability takes a number, got '\x1b[2J'"),
        (HEADER + b"\ndigits,val_loss,7,2,inf,0,14,1.5\n", "the column reliability takes a number, got 'inf'"),
        (HEADER + b"\ndigits,val_loss,0.5,2,0.5,0,14,1.5\n", "the column blocks takes a whole number, got '0.5'"),
        (
            HEADER + b"\ndigits,val_loss,1" + b"0" * 400 + b",2,0.5,0,14,1.5\n",
            f"(the column blocks takes a whole number, got '1{'0' * 39}');",
        ),
        (HEADER + b"\ndigits,val_loss,7,2,0.5,0,14,\n", "row 2 has no seconds"),
        (HEADER + b"\ndigits," + b"x" * 200_000 + b",7,2,0.5,0,14,1.5\n", "field larger than field limit"),
    ],
    ids=range(15),
)
def test_calibrations_that_are_none_are_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, why: str
) -> None:
    path = write_shelf(tmp_path)
    (path / CALIBRATIONS).write_bytes(content)
    assert query(["summary", "--db", str(path)]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"query: '{path / CALIBRATIONS}' cannot be read as calibrations (")
    assert why in err
    assert err.endswith(f"; remove it; python -m sase_bench.release --shelf {path} writes it again\n")
    assert err.count("\n") == 1
    assert err[:-1].isprintable()


def test_a_damaged_shelf_is_refused_and_its_other_shards_can_be_had(tmp_path: Path) -> None:
    path = write_shelf(tmp_path, NAMES)
    content = bytearray((path / "digits.parquet").read_bytes())
    content[len(content) // 2] ^= 1
    (path / "digits.parquet").write_bytes(content)
    with pytest.raises(RequestError, match=r"digits.parquet' is damaged: it does not match its checksum in SHA256SUMS"):
        connect(path)
    with connect(path / "cifar10-8.parquet") as table:
        assert table.execute("SELECT DISTINCT proxy FROM runs").fetchall() == [("cifar10-8",)]


def test_a_shard_that_is_missing_is_not_overlooked(tmp_path: Path) -> None:
    path = write_shelf(tmp_path, NAMES)
    (path / "digits.parquet").unlink()
    with pytest.raises(RequestError, match=r"the shard .*digits.parquet', which SHA256SUMS lists, is missing; fetch it again"):
        connect(path)


def test_a_truncated_shard_without_a_checksum_is_named(tmp_path: Path) -> None:
    path = write_shelf(tmp_path)
    (path / SUMS).unlink()
    shard = path / "digits.parquet"
    shard.write_bytes(shard.read_bytes()[:-100])
    with pytest.raises(RequestError, match=rf"^'{shard}' cannot be read as Parquet"):
        connect(path)
    (problem,) = check_shelf(path)[shard]
    assert problem.startswith("cannot be read as Parquet (")
    assert problem.endswith(")")


def test_a_shard_without_runs_is_a_table_without_runs(tmp_path: Path) -> None:
    path = write_shelf(tmp_path, seeds=0)
    with connect(path) as table:
        assert table.execute("SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM proxies)").fetchone() == (0, 0)
        assert table.execute("SELECT count(*) FROM costs").fetchone() == (0,)


def test_a_folder_without_shards_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"is a folder without shards \(\*.parquet\), and no table"):
        connect(tmp_path)


def test_two_recipes_under_one_name_do_not_mix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_shelf(tmp_path)
    (path / "digits.parquet").rename(path / "first.parquet")
    monkeypatch.setitem(PROXIES, "digits", replace(PROXIES["digits"], epochs=3))
    write_shelf(path)
    with pytest.raises(RequestError, match=r"first.parquet' has another recipe of the proxy digits than the shards before it"):
        connect(path)
    (path / "digits.parquet").unlink()
    with connect(path / "first.parquet") as table:  # what the package once called digits
        assert table.execute("SELECT epochs, description FROM proxies").fetchall() == [(12, "")]


def test_the_released_table_is_that_of_the_package_or_else_of_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert (find_released(), default_source()) == (None, DEFAULT_TABLE)
    with pytest.raises(RequestError, match=r"there is no released table, .* make one: python -m sase_bench.sweep$"):
        released()
    DEFAULT_TABLE.touch()
    with pytest.raises(RequestError, match=r"a table of your own will do, name it: 'sase-bench.duckdb'$"):
        released()
    write_shelf(Path("database"))
    assert released() == Path("database")
    assert default_source() == DEFAULT_TABLE
    DEFAULT_TABLE.unlink()
    assert default_source() == Path("database")
    packaged = write_shelf(tmp_path / "package" / "released")
    monkeypatch.setattr("sase_bench.database.version.files", lambda name: packaged.parent)
    assert released() == packaged


def test_check_names_every_damaged_file_and_reads_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shelf = write_shelf(Path("database"), ("cifar10-8", "cifar100-8", "digits", "fashion-8"))
    assert main(["check", "database"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"database/{name}.parquet: whole" for name in ("cifar10-8", "cifar100-8", "digits", "fashion-8")
    ]
    flipped, truncated = shelf / "cifar10-8.parquet", shelf / "cifar100-8.parquet"
    content = bytearray(flipped.read_bytes())
    content[len(content) // 2] ^= 1
    flipped.write_bytes(content)
    truncated.write_bytes(truncated.read_bytes()[:-100])
    (shelf / "fashion-8.parquet").unlink()
    assert main(["check", "--db", "database"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "database/cifar10-8.parquet: is damaged: it does not match its checksum in SHA256SUMS; fetch it again",
        "database/cifar100-8.parquet: is damaged: it does not match its checksum in SHA256SUMS; fetch it again",
        "database/digits.parquet: whole",
        "database/fashion-8.parquet: is missing; fetch it again",
    ]
    shards = [f"database/{name}.parquet" for name in ("cifar10-8", "cifar100-8", "digits")]
    assert main(["merge", *shards, "--db", "table.duckdb"]) == 1
    out = capsys.readouterr()
    assert out.out == "database/digits.parquet: 98 added, 0 already there, 0 in conflict, 0 refused\n"
    assert [line.partition(" is damaged: ")[0] for line in out.err.splitlines()] == [
        "database: 'database/cifar10-8.parquet'",
        "database: 'database/cifar100-8.parquet'",
    ]


def test_check_reads_every_row_as_from_a_stranger(tmp_path: Path) -> None:
    shelf = write_shelf(tmp_path)
    (shelf / SUMS).unlink()
    good, bad = shelf / "digits.parquet", shelf / "more.parquet"
    changes = [
        "CASE WHEN arch = 0 THEN 2.0 ELSE val_top1 END AS val_top1",
        "CASE WHEN arch = 1 THEN 'x' ELSE recipe_hash END AS recipe_hash",
        "CASE WHEN arch = 2 THEN curve[:3] ELSE curve END AS curve",
    ]
    rewrite(good, bad, f"REPLACE ({', '.join(changes)})")
    assert check_shelf(shelf) == {
        good: [],
        bad: [
            "the column val_top1 lies in 0..1, got 2.0 (2 times)",
            "a run that is on the shelf already (96 times)",
            "a run made with another recipe than that of digits (2 times)",
            "a run ended ok with a curve of 3 epochs, digits has 12 (2 times)",
        ],
    }


def test_a_shelf_that_is_too_large_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = write_shelf(tmp_path)
    monkeypatch.setattr("sase_bench.database.check.LARGEST", (shelf / "digits.parquet").stat().st_size)
    assert shelf not in check_shelf(shelf)
    monkeypatch.setattr("sase_bench.database.check.LARGEST", 1000)
    assert check_shelf(shelf)[shelf][0].endswith("bytes, more than the 1,000 that a shelf may have")


@pytest.mark.parametrize("place", ["nowhere", "nowhere.parquet", "text", "empty"])
def test_a_check_of_nothing_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text").touch()
    Path("empty").mkdir()
    assert main(["check", place]) == 2
    assert capsys.readouterr().err in (
        f"database: there is no shard, and no folder of shards, '{place}'\n",
        "database: 'empty' is a folder without shards (*.parquet)\n",
    )


def test_no_progress_bar_comes_between_the_lines(shelf: Path, table: Path) -> None:
    """DuckDB draws them on stdout where it takes the program for a person at a prompt, as under `python -c` and `python -m`."""
    code = f"""
import duckdb
from pathlib import Path
from sase_bench.database import connect
asked = "SELECT current_setting('enable_progress_bar')"
assert duckdb.connect().execute(asked).fetchone() == (True,)
for path in ({str(shelf)!r}, {str(table)!r}):
    with connect(Path(path)) as opened:
        assert opened.execute(asked).fetchone() == opened.cursor().execute(asked).fetchone() == (False,)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
