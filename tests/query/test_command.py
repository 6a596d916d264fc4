import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from sase_bench.database import Store, connect
from sase_bench.query.__main__ import main
from sase_bench.query.language import FORMS
from tests.query.errors import said
from tests.query.tables import NAMES, PLAIN, RECORDS
from tests.records import DIGITS
from tests.shelves import write_shelf


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.form)
def test_every_form_of_the_help_is_shown_and_answered(table: Path, capsys: pytest.CaptureFixture[str], form: object) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    assert left.value.code == 0
    text = capsys.readouterr().out
    assert f"  {form.form}\n      {form.meaning}: {form.example}\n" in text  # type: ignore[attr-defined]
    assert max(map(len, text.splitlines())) <= 130
    assert main([form.example, "--db", str(table), "--proxy", "digits"]) == 0  # type: ignore[attr-defined]
    out, err = capsys.readouterr()
    assert out
    assert all(line.startswith("query: ") for line in err.splitlines())


def test_the_words_may_be_one_argument_or_several_with_options_between(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = []
    for words in (["top 1 by loss"], ["top", "1", "by", "loss"], ["top", "1", "--proxy", "digits", "by", "loss"]):
        arguments = words if "--proxy" in words else [*words, "--proxy", "digits"]
        assert main([*arguments, "--format", "json", "--db", str(table)]) == 0
        texts.append(capsys.readouterr())
    assert texts[0] == texts[1] == texts[2]
    assert json.loads(texts[0].out)[0]["place"] == 1


def test_notes_go_to_stderr_and_answers_to_stdout(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["top 1 by loss", "--db", str(table), "--format", "json", "--test"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)[0]["test_loss"] == 0.28125 + 1 / 8
    assert err == (
        "query: on the proxy digits, which has the most blocks to judge the full space by; others: cifar10-8 (say: on NAME)\n"
        "query: blocks have different seeds, so they are ordered by their means less what their seeds do to all blocks alike: "
        "-0.1 with seed 2, up to +0.017 with others\n"
        "query: blocks have 1 to 3 seeds here, fewer seeds mean more noise; the surest alone: where seeds >= 3\n"
        "query: test metrics were revealed: scores are those on the test images\n"
    )


def test_a_long_table_says_how_many_rows_it_left_out(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sql SELECT range FROM range(1234)", "--db", str(table)]) == 0
    out, err = capsys.readouterr()
    assert (len(out.splitlines()), err) == (202, "query: 1,034 more rows of 1,234; --format csv has them all\n")
    assert main(["sql SELECT range FROM range(1234)", "--db", str(table), "--format", "csv"]) == 0
    out, err = capsys.readouterr()
    assert (len(out.splitlines()), err) == (1235, "")


@pytest.mark.parametrize("name", ["table", "json", "csv", "md", "parquet"])
def test_output_replaces_a_file_in_one_step(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    path = tmp_path / "answer"
    path.write_text("old")
    inode = path.stat().st_ino
    query = "sql SELECT range FROM range(300)"
    assert main([query, "--db", str(table), "--format", name, "--output", str(path)]) == 0
    assert capsys.readouterr().err == f"query: 300 rows in {path}\n"
    assert path.stat().st_ino != inode
    assert list(tmp_path.iterdir()) == [path]
    if name == "parquet":
        with duckdb.connect() as connection:
            assert connection.execute("SELECT max(range) FROM read_parquet(?)", [str(path)]).fetchall() == [(299,)]
    elif name != "table":
        assert "299" in path.read_text()


def test_a_failed_answer_leaves_the_file_as_it_was(table: Path, tmp_path: Path) -> None:
    path = tmp_path / "answer"
    path.write_text("old")
    assert main(["top 1 by latency", "--db", str(table), "--output", str(path)]) == 2
    assert path.read_text() == "old"


def test_without_db_the_table_of_the_working_directory_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["summary"]) == 2
    assert said(capsys).startswith("there is no table 'sase-bench.duckdb'; make one with: python -m sase_bench.sweep")


def test_the_table_is_asked_while_it_is_being_filled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "table.duckdb"
    with Store(path, [DIGITS]) as store:
        for i, record in enumerate(RECORDS[:2], 1):
            store.append(record)
            store.publish()
            for query in ("top 1 by loss", "sql SELECT count(*) FROM runs"):
                assert main([query, "--db", str(path), "--format", "csv"]) == 0
            assert capsys.readouterr().out.splitlines()[-1] == str(i)


# What only another process can show.


@pytest.fixture
def command(table: Path) -> list[str]:
    return [sys.executable, "-m", "sase_bench.query", "--db", str(table), "--proxy", "digits"]


def test_no_query_loads_anything_heavy(table: Path) -> None:
    code = (
        "import sys; from sase_bench.query.__main__ import main; from sase_bench.query.language import FORMS\n"
        f"codes = [main([form.example, '--db', {str(table)!r}, '--proxy', 'digits']) for form in FORMS]\n"
        "loaded = {'torch', 'pandas', 'pyarrow', 'scipy', 'polars'} & set(sys.modules)\n"
        "sys.exit(str(loaded) if loaded else max(codes))"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_ctrl_c_ends_a_statement_at_once(command: list[str]) -> None:
    endless = "sql WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t"
    with subprocess.Popen([*command, endless], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        maps = Path(f"/proc/{process.pid}/maps")
        while "duckdb" not in maps.read_text():  # it is still importing
            time.sleep(0.1)
        time.sleep(2.0)
        process.send_signal(signal.SIGINT)
        start = time.monotonic()
        assert process.communicate(timeout=30) == ("", "query: interrupted\n")
    assert process.returncode == 130
    assert time.monotonic() - start < 5


def test_a_reader_that_has_seen_enough_is_no_error(command: list[str]) -> None:
    with subprocess.Popen(
        [*command, "--format", "csv", "sql SELECT range FROM range(300000)"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT repeat('a', 4000000000), repeat('b', 4000000000), repeat('c', 4000000000), repeat('d', 4000000000)",
        "SELECT range(1000000000)",
    ],
)
def test_a_statement_that_would_take_the_machines_memory_is_refused(command: list[str], statement: str) -> None:
    done = subprocess.run([*command, f"sql {statement}"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "memory" in done.stderr.lower()


def test_a_terminal_without_unicode_still_gets_an_answer(command: list[str]) -> None:
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run([*command, "sql SELECT 'é' AS e"], capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "\\xe9")


def test_reading_leaves_the_table_as_it_was(table: Path) -> None:
    with connect(table) as connection:
        assert connection.execute("SELECT count(*) FROM runs").fetchall() == [(len(RECORDS),)]
    assert [path.name for path in table.parent.iterdir() if "duckdb" in path.name and "lock" not in path.name] == [table.name]


def test_the_text_of_a_block_is_taken_from_the_command_line(command: list[str]) -> None:
    done = subprocess.run([*command, "--format", "json", "arch", NAMES[PLAIN]], capture_output=True, text=True)
    assert [record["arch"] for record in json.loads(done.stdout)] == [0]


def test_a_shelf_answers_as_a_table_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from sase_bench.database import merge

    shelf, table = write_shelf(tmp_path / "database"), tmp_path / "table.duckdb"
    with Store(table, [DIGITS]) as store:
        merge(store, shelf / "digits.parquet")
    questions = ["top 3 by loss", "rank 0 by top1", "curve 0", "summary", "columns", "sql SELECT count(*) FROM epochs"]
    questions += ["sql SELECT count(*), min(params) FROM runs JOIN costs USING (arch)", "sql SHOW TABLES"]
    for question in questions:
        answers = []
        for source in (shelf, table):
            assert main([question, "--db", str(source)]) == 0
            answers.append(capsys.readouterr())
        assert answers[0].out == answers[1].out
        assert answers[0].err == answers[1].err or question == "summary"  # which says how to judge the one and the other
    assert main(["sql SELECT test_top1 FROM runs", "--db", str(shelf)]) == 2
    assert said(capsys) == "test_top1 is a test metric; add --test to reveal test metrics"
    assert main(["sql SELECT * FROM read_parquet('x.parquet')", "--db", str(shelf)]) == 2
    assert said(capsys).startswith("Permission Error")


def test_without_a_table_the_released_one_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["proxies"]) == 2
    assert said(capsys).startswith("there is no table 'sase-bench.duckdb'; make one with: ")
    write_shelf(Path("database"))
    assert main(["rank 0 by loss"]) == 0
    assert capsys.readouterr().err.splitlines()[0] == "query: asking the released table in database; another one: --db PATH"
    with Store(Path("sase-bench.duckdb"), [DIGITS]):
        pass
    assert main(["proxies"]) == 0
    assert "released" not in capsys.readouterr().err
