"""Tables that are missing, damaged, of another version or with holes."""

import re
from pathlib import Path

import duckdb
import pytest

from sase_bench.database import SCHEMA_VERSION, Store, connect, migrations
from sase_bench.database.check import check
from sase_bench.database.reader import open_file
from sase_bench.errors import RequestError
from tests.database.tables import ask
from tests.records import DIGITS, made_up


def test_files_that_are_no_table_are_refused_and_left_alone(path: Path, tmp_path: Path) -> None:
    path.write_text("not a database, and rather longer than the header of one " * 100)
    before = path.read_bytes()
    for opening in (connect, Store):
        with pytest.raises(RequestError, match=f"^{re.escape(repr(str(path)))} cannot be read as a DuckDB file"):
            opening(path)
    assert path.read_bytes() == before
    other = tmp_path / "other.duckdb"
    for change, why in (
        ("CREATE TABLE mine (x INTEGER)", "is a DuckDB file but not a sase-bench table; name another file with --db"),
        ("CREATE TABLE about (x INTEGER)", "is a DuckDB file but not a sase-bench table; name another file with --db"),
        (
            "CREATE VIEW about AS SELECT x AS key, error(x) AS value FROM (VALUES ('no more')) AS rows(x)",
            "cannot be read as a DuckDB file (Invalid Input Error: no more)",
        ),
    ):
        with duckdb.connect(other) as connection:
            connection.execute("DROP TABLE IF EXISTS about")
            connection.execute(change)
        for opening in (connect, Store):
            with pytest.raises(RequestError) as refused:
                opening(other)
            assert str(refused.value) == f"{str(other)!r} {why}"
    with pytest.raises(RequestError, match=f"^'{re.escape(str(tmp_path))}' is a folder, not a table$"):
        Store(tmp_path)
    with pytest.raises(RequestError, match="is a folder without shards"):
        connect(tmp_path)


def test_a_table_that_lacks_a_part_is_refused_by_name(path: Path) -> None:
    Store(path, [DIGITS]).close()
    with open_file(path, read_only=False) as table:
        table.execute("DROP TABLE proxies")
    with pytest.raises(RequestError) as refused:
        Store(path)
    why = "Catalog Error: Table with name proxies does not exist!"
    assert str(refused.value) == f"{str(path)!r} cannot be read as a DuckDB file ({why})"


def test_a_missing_table_says_how_to_make_one(path: Path) -> None:
    with pytest.raises(RequestError, match=r"there is no table .*; make one with: python -m sase_bench.sweep --db"):
        connect(path)


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RequestError, match="cannot write to"):
        Store(tmp_path / "file" / "table.duckdb")


def test_older_tables_are_brought_up_to_date_and_newer_ones_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(path, [DIGITS]) as store:
        store.append(made_up(1))
    monkeypatch.setattr("sase_bench.database.store.SCHEMA_VERSION", SCHEMA_VERSION + 1)
    monkeypatch.setattr("sase_bench.database.reader.SCHEMA_VERSION", SCHEMA_VERSION + 1)
    monkeypatch.setattr(migrations, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
    monkeypatch.setitem(
        migrations.MIGRATIONS,
        SCHEMA_VERSION,
        lambda table: table.execute("ALTER TABLE costs ADD COLUMN energy DOUBLE") and None,
    )
    with pytest.raises(RequestError, match=r"has an older schema; bring it up with: python -m sase_bench.database migrate"):
        connect(path)
    with Store(path) as store:
        assert store.keys == {(1, "digits", 0)}
    assert ask(path, "SELECT count(*), count(energy) FROM costs") == [(117_649, 0)]
    monkeypatch.undo()
    with pytest.raises(RequestError, match="has schema 2, this program knows up to 1; upgrade sase-bench"):
        connect(path)


def test_a_damaged_table_is_called_damaged_and_its_parts_are_named(path: Path) -> None:
    with Store(path, [DIGITS]) as store:
        store.append(made_up(1))
    good = path.read_bytes()
    path.write_bytes(good[:100] + bytes([good[100] ^ 1]) + good[101:])
    for opening in (connect, Store):
        place = re.escape(str(path))
        with pytest.raises(RequestError, match=rf"^'{place}' is damaged \(.*checksum.*check --db {place} names what can still"):
            opening(path)
    path.write_bytes(good[: 12288 + 300_000])  # the first block, and a piece
    try:
        with connect(path) as table:
            assert all("is damaged and cannot be read" in problem for problem in check(table))
            assert check(table)
    except RequestError as error:
        assert "is damaged" in str(error)  # noqa: PT017 - where the catalogue lies is up to DuckDB


NO_NUMBER = "is damaged: its schema version is a whole number, got"


@pytest.mark.parametrize(
    ("version", "why"),
    [
        ("0", "has schema 0, which no release of sase-bench wrote; name another file"),
        ("one", f"{NO_NUMBER} 'one'"),
        ("", f"{NO_NUMBER} ''"),
        ("\u0661", f"{NO_NUMBER} '\u0661'"),  # a digit, of Arabic
        ("9" * 9, f"has schema {'9' * 9}, this program knows up to {SCHEMA_VERSION}; upgrade sase-bench"),
        ("9" * 10, f"{NO_NUMBER} '{'9' * 10}'"),
        ("9" * 50, f"{NO_NUMBER} '{'9' * 40}'"),
    ],
)
def test_schemas_that_no_release_wrote_are_refused(path: Path, version: str, why: str) -> None:
    Store(path, [DIGITS]).close()
    with open_file(path, read_only=False) as table:
        table.execute("UPDATE about SET value = ? WHERE key = 'schema_version'", [version])
    for opening in (connect, Store):
        with pytest.raises(RequestError) as refused:
            opening(path)
        assert str(refused.value) == f"{str(path)!r} {why}"


def test_a_table_with_holes_is_found_out(path: Path) -> None:
    with Store(path, [DIGITS]) as store:
        store.append(made_up(1))
    with open_file(path, read_only=False) as table:
        table.execute("DELETE FROM epochs WHERE epoch = 3; UPDATE runs SET val_top1 = 7; DELETE FROM costs")
        table.execute("DELETE FROM architectures WHERE arch = 9")
    with connect(path) as table:
        assert check(table) == [
            "1 architectures missing",
            "1 proxies whose trunk has no costs",
            "run (1, 'digits', 0): the column val_top1 lies in 0..1, got 7.0",
        ]


@pytest.mark.parametrize(
    ("renamed", "said"),
    [
        ("costs RENAME COLUMN trunk", "proxies whose trunk has no costs cannot be counted (Binder Error: "),
        ("proxies RENAME COLUMN epochs", "runs cannot be compared with their curves (Binder Error: "),
    ],
)
def test_what_cannot_be_counted_is_a_problem(path: Path, renamed: str, said: str) -> None:
    Store(path, [DIGITS]).close()
    with open_file(path, read_only=False) as table:
        table.execute(f"ALTER TABLE {renamed} TO other")
    with connect(path) as table:
        (problem,) = check(table)
    assert problem.startswith(said)


def test_runs_that_do_not_belong_to_the_table_are_found_out(path: Path) -> None:
    with Store(path, [DIGITS]) as store:
        for arch in (1, 2, 3):
            store.append(made_up(arch))
    with open_file(path, read_only=False) as table:
        table.execute("DELETE FROM runs WHERE arch = 1; UPDATE runs SET recipe_hash = 'other' WHERE arch = 2")
        table.execute("UPDATE runs SET proxy = 'other' WHERE arch = 3; DELETE FROM architectures WHERE arch = 2")
    with connect(path) as table:
        assert check(table) == [
            "1 architectures missing",
            f"{2 * DIGITS.epochs} curves without a run",
            "1 runs of a proxy that is not described",
            "1 runs of what is not in architectures",
            "1 runs made with another recipe than their proxy's",
        ]
