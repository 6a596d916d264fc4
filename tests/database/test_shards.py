import json
import re
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from sase_bench.database import ShardWriter, Store, connect, export, merge, read_shard
from sase_bench.database.__main__ import main
from sase_bench.database.check import check_shelf
from sase_bench.database.checksums import SUMS, read_sums, sha256, write_sums
from sase_bench.database.reader import open_file
from sase_bench.database.shards import recipes_of
from sase_bench.errors import RequestError
from sase_bench.recipes.registry import PROXIES
from sase_bench.record import Record
from tests.database.tables import RECORDS
from tests.records import DIGITS, made_up, unfinished
from tests.shelves import rewrite


def test_a_shard_brings_back_every_run_in_order_of_its_key(shard: Path) -> None:
    assert list(read_shard(shard)) == [made_up(5), made_up(7), unfinished(9), made_up(5, 1)]
    assert recipes_of(shard) == {"digits": DIGITS.recipe()}


def test_the_same_runs_give_the_same_bytes(shard: Path, tmp_path: Path) -> None:
    with Store(tmp_path / "second.duckdb", [DIGITS]) as store:
        for record in reversed(RECORDS):
            store.append(record)
    with connect(tmp_path / "second.duckdb") as table:
        export(table, tmp_path / "digits.parquet")
    assert (tmp_path / "digits.parquet").read_bytes() == shard.read_bytes()


def test_a_shard_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    (tmp_path / "digits.parquet.new").mkdir()  # where its bytes go first
    with Store(tmp_path / "table.duckdb", [DIGITS]) as store:
        store.append(made_up(5))
    with (
        connect(tmp_path / "table.duckdb") as table,
        pytest.raises(RequestError, match=r"cannot write '.*digits\.parquet' \(.*digits\.parquet\.new.*\)"),
    ):
        export(table, tmp_path / "digits.parquet")


def test_runs_whose_scores_are_not_those_of_their_curve_are_refused_by_merge_and_found_by_check(
    shard: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed, table = tmp_path / "changed.parquet", tmp_path / "second.duckdb"
    curves = "CASE WHEN arch = 7 THEN curve[:3] WHEN arch = 5 AND seed = 1 THEN list_append(curve, curve[12]) ELSE curve END"
    rewrite(shard, changed, f"REPLACE (CASE WHEN seed = 0 THEN val_loss / 2 ELSE val_loss END AS val_loss, {curves} AS curve)")
    with Store(table, [DIGITS]) as store:
        assert store.append(made_up(5))
        report = merge(store, changed)
    assert str(report) == "1 added, 0 already there, 0 in conflict, 3 refused"
    assert sorted(report.refused) == [
        "run (5, 'digits', 0) ended ok with another val_loss than its curve",
        "run (7, 'digits', 0) ended ok with a curve of 3 epochs, digits has 12",
        "the epochs of a curve count from 1, those of run (5, 'digits', 1) do not",
    ]
    assert main(["check", str(changed)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{changed}: a run ended ok with another val_loss than its curve",
        f"{changed}: a run ended ok with a curve of 3 epochs, digits has 12",
        f"{changed}: the epochs of a curve count from 1, those of run (5, 'digits', 1) do not",
    ]
    with open_file(table, read_only=False) as connection:
        connection.execute("UPDATE runs SET val_top1 = 0.5 WHERE arch = 5")
    assert main(["check", "--db", str(table)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{table}: run (5, 'digits', 0) ended ok with another val_top1 than its curve",
        f"{table}: 1 problems",
    ]


def test_a_shard_without_a_column_that_runs_need_gives_no_runs(shard: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed.parquet"
    rewrite(shard, changed, "EXCLUDE (device)")
    assert [str(item) for item in read_shard(changed)] == ["a run needs the column(s) device"] * 4


def test_a_shard_of_another_recipe_is_refused(shard: Path, tmp_path: Path) -> None:
    with Store(tmp_path / "second.duckdb", [replace(DIGITS, epochs=13)]) as store:
        report = merge(store, shard)
    assert (report.added, len(report.refused)) == (0, 4)
    assert "was made with the recipe" in report.refused[0]


def test_checksums_stand_beside_the_shards_and_a_damaged_one_is_named(shard: Path) -> None:
    assert (shard.parent / SUMS).read_text().endswith("  digits.parquet\n")
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)
    with pytest.raises(RequestError, match=r"digits.parquet' is damaged: it does not match its checksum in SHA256SUMS"):
        list(read_shard(shard))


def test_a_new_shard_leaves_the_lines_of_other_files_and_of_damaged_shards_as_they_are(shard: Path, tmp_path: Path) -> None:
    folder = shard.parent
    (folder / "notes.md").write_text("kept")
    write_sums(folder, ["notes.md"])
    before = read_sums(folder)
    shard.write_bytes(shard.read_bytes() + b"damage")
    with connect(tmp_path / "first.duckdb") as table:
        export(table, folder / "cifar10-8.parquet", proxy="cifar10-8")
    assert read_sums(folder) == before | {"cifar10-8.parquet": sha256(folder / "cifar10-8.parquet")}
    assert check_shelf(folder) == {
        folder / "cifar10-8.parquet": [],
        shard: [f"is damaged: it does not match its checksum in {SUMS}; fetch it again"],
        folder / "notes.md": [],
    }
    shard.unlink()
    (folder / "notes.md").write_text("changed")
    with ShardWriter(folder, [PROXIES["cifar10-8"]]) as writer:
        writer.append(made_up(2, proxy="cifar10-8"))
    assert read_sums(folder) == before | {"cifar10-8.parquet": sha256(folder / "cifar10-8.parquet")}
    assert (folder / SUMS).read_text().splitlines() == [f"{known}  {name}" for name, known in sorted(read_sums(folder).items())]


@pytest.mark.parametrize("content", [b"", b"PAR1 and then nonsense PAR1", b"text\n" * 100])
def test_files_that_are_no_shards_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.parquet"
    path.write_bytes(content)
    with pytest.raises(RequestError, match=rf"^{re.escape(repr(str(path)))} cannot be read as Parquet \([^()]"):
        list(read_shard(path))


@pytest.mark.parametrize("meta", ["a: 'b'", "format: 'sase-bench', schema_version: '2'", "format: 'b', schema_version: '1'"])
def test_parquet_of_something_else_is_refused(tmp_path: Path, meta: str) -> None:
    path = tmp_path / "other.parquet"
    duckdb.connect().execute(f"COPY (SELECT 1 AS x) TO '{path}' (FORMAT parquet, KV_METADATA {{{meta}}})")
    with pytest.raises(RequestError, match=f"^{re.escape(repr(str(path)))} is not a shard of schema 1$"):
        list(read_shard(path))


@pytest.mark.parametrize(
    ("recipes", "why"),
    [
        (None, "{path!r} does not say with which recipes its runs were made"),
        ("text", "{path!r} does not say with which recipes its runs were made"),
        ("[]", "{path!r} does not say with which recipes its runs were made"),
        ('{"digits": 7}', "{path!r} does not say with which recipes its runs were made"),
        ('{"DIGITS": "{}"}', "a proxy is called by small letters, digits, '.', '_' and '-', got 'DIGITS'"),
        (
            json.dumps({"digits": json.dumps({"colours": 3})}),
            "the recipe of the proxy digits is of another version of sase-bench: it has other fields",
        ),
    ],
    ids=["none", "text", "list", "number", "name", "fields"],
)
def test_a_shard_that_does_not_say_how_its_runs_were_made_is_refused(tmp_path: Path, recipes: str | None, why: str) -> None:
    path = tmp_path / "other.parquet"
    said = "" if recipes is None else f", recipes: '{recipes}'"
    meta = f"format: 'sase-bench', schema_version: '1'{said}"
    duckdb.connect().execute(f"COPY (SELECT 1 AS x) TO '{path}' (FORMAT parquet, KV_METADATA {{{meta}}})")
    for reading in (recipes_of, lambda path: list(read_shard(path))):
        with pytest.raises(RequestError) as refused:
            reading(path)
        assert str(refused.value) == why.format(path=str(path))


def test_a_run_is_read_without_a_curve_and_not_with_something_else_for_one(shard: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed.parquet"
    for change in ("EXCLUDE (curve)", "REPLACE (NULL AS curve)"):
        rewrite(shard, changed, change)
        assert [isinstance(item, Record) and item.curve for item in read_shard(changed)] == [()] * 4
    for other, told in (("flat", "flat"), ("x" * 50, "x" * 40)):
        rewrite(shard, changed, f"REPLACE ('{other}' AS curve)")
        assert [str(item) for item in read_shard(changed)] == [f"the column curve takes a list of epochs, got '{told}'"] * 4


def test_names_with_quotes_are_only_names(shard: Path, tmp_path: Path) -> None:
    folder = tmp_path / "the reader's '); DROP TABLE runs; --"
    folder.mkdir()
    with connect(tmp_path / "first.duckdb") as table:
        assert export(table, folder / "it's.parquet", proxy="digits") == len(RECORDS)
        assert export(table, folder / "none.parquet", proxy="dig'its") == 0
    assert list(read_shard(folder / "it's.parquet")) == list(read_shard(shard))
    with connect(folder) as table:
        assert table.execute("SELECT count(*) FROM runs").fetchone() == (len(RECORDS),)


def test_the_command_exports_merges_and_checks(shard: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "second.duckdb"
    assert main(["merge", str(shard), "--db", str(table)]) == 0
    assert main(["merge", str(shard), "--db", str(table)]) == 0
    assert main(["export", str(tmp_path / "out.parquet"), "--db", str(table)]) == 0
    assert main(["check", "--db", str(table)]) == 0
    assert main(["migrate", "--db", str(table)]) == 0
    out = capsys.readouterr()
    assert out.err == ""
    assert out.out.splitlines() == [
        f"{shard}: 4 added, 0 already there, 0 in conflict, 0 refused",
        f"{shard}: 0 added, 4 already there, 0 in conflict, 0 refused",
        f"{tmp_path / 'out.parquet'}: 4 runs",
        f"{table}: whole",
        f"{table}: up to date",
    ]
    assert all(isinstance(item, Record) for item in read_shard(tmp_path / "out.parquet"))


def test_the_command_tells_of_conflicts_and_of_tables_that_are_not_whole(
    shard: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "second.duckdb"
    with Store(table, [DIGITS]) as store:
        store.append(made_up(7, val_loss=0.5))
        store.append(made_up(8))
        store.append(made_up(10))
        store.append(unfinished(11))
    with open_file(table, read_only=False) as connection:
        connection.execute("DELETE FROM epochs WHERE arch IN (8, 10)")
    assert main(["merge", str(shard), "--db", str(table)]) == 1
    assert main(["check", "--db", str(table)]) == 1
    out = capsys.readouterr()
    assert out.err == "database: the table already has another result for run (7, 'digits', 0); it was left as it is\n"
    assert out.out.splitlines()[1:] == [
        f"{table}: run (8, 'digits', 0) and 1 more ended ok with a curve of 0 epochs, digits has 12",
        f"{table}: 1 problems",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["burn"], "argument ACTION: invalid choice: 'burn'"),
        (["merge"], "the following arguments are required: SHARD"),
        (["merge", "nowhere.parquet"], "there is no shard 'nowhere.parquet'"),
        (["export"], "the following arguments are required: SHARD"),
        (["check", "--seeds", "3"], "unrecognized arguments: --seeds"),
        (["export", "out.parquet", "--seeds", "x"], "seeds are a count (3) or a list (0,1,2), got 'x'"),
        (["export", "out.parquet", "--arch", "nonsense"], "unknown attention module 'nonsense'; did you mean none?"),
        (["check"], "there is no table 'sase-bench.duckdb'"),
        (["migrate"], "there is no table 'sase-bench.duckdb'"),
    ],
)
def test_bad_requests_get_one_line_and_status_2(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"database: {message}")
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_proxy_without_runs_is_not_exported(shard: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, out = tmp_path / "sase-bench.duckdb", tmp_path / "out.parquet"
    assert main(["merge", str(shard), "--db", str(table)]) == 0
    capsys.readouterr()
    assert main(["export", str(out), "--proxy", "nope", "--db", str(table)]) == 2
    assert capsys.readouterr().err == "database: unknown proxy 'nope'; choose from digits\n"
    assert main(["export", str(out), "--proxy", "digits", "--modules", "--db", str(table)]) == 2
    assert capsys.readouterr().err == f"database: '{table}' has no runs of published modules\n"
    assert not out.exists()
