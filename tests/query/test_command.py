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
from tests.query.tables import DIVERGED, RECORDS, SASE, UNTRIED
from tests.records import DIGITS
from tests.shelves import write_shelf

PLAIN_TEXT = "gap/3conv1d_3/3conv1d_3/gap/gap/conv_3x1_1x3"
CHOICES = "choose from top1, loss, params, flops, latency, train_seconds, train_loss"
NO_LATENCY = (
    "latency has not been measured in resnet8-w8-8px-1x10, the trunk of the proxy digits; measure it with: "
    "python -m sase_bench.latency measure --trunks resnet8-w8-8px-1x10, and then: "
    "python -m sase_bench.latency fill --trunks resnet8-w8-8px-1x10 --db "
)
A_METRIC = "a metric (top1, loss, params, flops, latency, train_seconds, train_loss)"

#: What is asked, and what is answered behind `query: `.
BAD = {
    "": "nothing was asked; for example: top 10 by top1 where params < 0.3M",
    "   ": "nothing was asked; for example: top 10 by top1 where params < 0.3M",
    "finest 10 by top1": (
        "unknown query 'finest' at column 1; start with top, bottom, pareto, arch, rank, compare, curve, effect, fidelity, "
        "modules, proxies, columns, summary or sql"
    ),
    "10 by top1": "unknown query '10' at column 1; start with top, ",
    "top": "the query ends too early; after 'top' comes how many architectures",
    "top 10": "the query ends too early; after '10' comes 'by'",
    "top 10 by": f"the query ends too early; after 'by' comes {A_METRIC}",
    "top ten by top1": "top takes a whole number from 1 to 117649, got 'ten' at column 5",
    "top 0 by top1": "top takes a whole number from 1 to 117649, got '0' at column 5",
    "bottom -1 by top1": "bottom takes a whole number from 1 to 117649, got '-1' at column 8",
    "top 1.5 by top1": "top takes a whole number from 1 to 117649, got '1.5' at column 5",
    "top 117650 by top1": "top takes a whole number from 1 to 117649, got '117650' at column 5",
    f"top {'9' * 5000} by top1": f"top takes a whole number from 1 to 117649, got '{'9' * 59}…' at column 5",
    "top ² by top1": "top takes a whole number from 1 to 117649, got '²' at column 5",
    "top 10 by acuracy": f"unknown metric 'acuracy' at column 11; {CHOICES}",
    "top 10 top1": "unexpected 'top1' at column 8; expected 'by'",
    "top by top1": "unexpected 'by' at column 5; expected how many architectures",
    "top 10 by where": f"unexpected 'where' at column 11; expected {A_METRIC}",
    "top 10 by top1 loss": "unexpected 'loss' at column 16; expected 'in', 'on', 'where' or the end of the query",
    "top 10 by top1 in half": "unknown space 'half' at column 19; choose from tied, full",
    "top 10 by top1 in tied in full": "'in' is given again at column 24; each clause stands once",
    "top 10 by top1 on digits on digits": "'on' is given again at column 26; each clause stands once",
    "top 10 by top1 on cifar": "unknown proxy 'cifar' at column 19; choose from cifar10-8, digits, fashion-16",
    "top 10 by top1 on fashion-16": "no run on the proxy fashion-16 has ended ok yet; `summary` says what the table holds",
    "top 10 by latency": NO_LATENCY,
    "top 10 by loss where latency < 3 or params < 1G": NO_LATENCY,
    "pareto loss vs latency": NO_LATENCY,
    f"rank {SASE} by latency": NO_LATENCY,
    "effect channel_gate by latency": NO_LATENCY,
    "top 1 by loss where": f"the query ends too early; after 'where' comes {A_METRIC}, seeds or a slot (channel_squeeze, ",
    "top 1 by loss where params": "the query ends too early; after 'params' comes one of < <= > >= = !=",
    "top 1 by loss where params <": "the query ends too early; after '<' comes a number or an operation",
    "top 1 by loss where params < 3x": ("not a number: '3x' at column 30; write for example 0.95, 95%, 20k or 0.3M"),
    "top 1 by loss where params < 1e999": "the number '1e999' at column 30 is too large",
    "top 1 by loss where top1 > 43": "top1 is a fraction 0..1, got '43' at column 28; write 43%",
    "top 1 by loss where val_top1 > 4300%": "top1 is a fraction 0..1, got '4300%' at column 32; write 43%",
    "top 1 by loss where top1 > 4300": "top1 is a fraction 0..1, got '4300' at column 28; write for example 43% or 0.43",
    "top 1 by loss where seeds > many": "not a number: 'many' at column 29; write for example 0.95, 95%, 20k or 0.3M",
    f"rank {SASE} by loss in tied": f"block {SASE} is not in the tied space; ask for its place without: in tied",
    "arch se": (
        "se is a published module, which has: modules by METRIC, curve se, compare se with BLOCK; a block is expected "
        "at column 6"
    ),
    "rank none by loss": "none is a published module, which has: modules by METRIC, curve none, compare none with BLOCK; ",
    "compare 5 with foo": "unknown attention module 'foo'; ",
    "top 1 by loss where params == 3": "unexpected '=' at column 29; expected a number or an operation",
    "top 1 by loss where size < 3": (
        "unknown metric or slot 'size' at column 21; choose from top1, loss, params, flops, latency, train_seconds, "
        "train_loss, seeds, channel_squeeze, channel_excite, channel_gate, gated_squeeze, spatial_squeeze, spatial_excite"
    ),
    "top 1 by loss where channel_squeeze < gap": "an operation is only compared by = and !=, got '<' at column 37",
    "top 1 by loss where channel_squeeze = conv_3x3": (
        "unknown channel_squeeze operation 'conv_3x3' at column 39; choose from gap, l2-norm, p-norm, gap+gmp, gap+std, "
        "skewpooling, 2nd-order-pooling"
    ),
    "top 1 by loss where (params < 3": "the query ends too early; after '3' comes ')'",
    "top 1 by loss where params < 3)": "unexpected ')' at column 31; expected 'in', 'on', 'where' or the end of the query",
    "top 1 by loss where params < 3 and": "the query ends too early; after 'and' comes a metric",
    f"top 1 by loss where {'(' * 5000}": "the query ends too early; after '(' comes a metric",
    f"top 1 by loss where {'not ' * 2000}loss < 1": "parentheses and nots stand at most 50 deep, more begin at column ",
    "top 1 by 'loss": 'the "\'" at column 10 is never closed',
    "top 1 by loss !": "the '!' at column 15 was not expected",
    "pareto loss": "the query ends too early; after 'loss' comes 'vs'",
    "pareto loss vs loss": "pareto takes two different metrics, got loss twice",
    "arch": "the query ends too early; after 'arch' comes an architecture (six operations joined by '/', or an index)",
    "arch 117649": "an architecture's index lies in 0..117648, got 117649 at column 6",
    "arch -1": "an architecture is six operation names joined by '/' or an index, got 1 in '-1' at column 6",
    "arch gap/gap": "an architecture is six operation names joined by '/' or an index, got 2 in 'gap/gap' at column 6",
    "arch gap/3conv1d_3/conv/gap/gap/affine": (
        "unknown channel_gate operation 'conv' at column 20; choose from 3conv1d_3, 2conv_1x1, conv1d_3, conv1d_5, conv1d_7, "
        "2conv1d_3, affine"
    ),
    "rank 5": "the query ends too early; after '5' comes 'by'",
    f"rank {DIVERGED} by loss": f"block {DIVERGED} has no run that ended ok on the proxy digits; 2 diverged",
    f"curve {UNTRIED}": f"block {UNTRIED} has no run that ended ok on the proxy digits; train it with: python -m",
    "rank 5 by loss where params < 3": "unexpected 'where' at column 16; expected 'in', 'on' or the end of the query",
    "compare 5": "the query ends too early; after '5' comes 'with'",
    "compare 5 with": "the query ends too early; after 'with' comes an architecture",
    "effect gap by loss": "unknown slot 'gap' at column 8; choose from channel_squeeze, channel_excite, ",
    "effect channel_gate": "the query ends too early; after 'channel_gate' comes 'by'",
    "proxies now": "unexpected 'now' at column 9; expected the end of the query",
    "x" * 10_001: "a query has at most 10,000 characters, got 10,001",
    "top 1 by \udc80": "the query is not valid Unicode text",
    "sql": "sql takes a statement; for example: sql SELECT count(*) FROM runs",
    "sql DROP TABLE runs": "sql only reads: write a SELECT (or DESCRIBE, SHOW, SUMMARIZE, PIVOT … IN), got DROP",
    "sql SELECT 1; SELECT 2": "sql takes one statement, got 2",
    "sql SELECT los FROM runs": 'Binder Error: Referenced column "los" not found in FROM clause! Candidate bindings: ',
    "sql FROM read_text('/etc/passwd')": 'Permission Error: Cannot access file "/etc/passwd"',
    "sql SELECT test_top1 FROM runs": "test_top1 is a test metric; add --test to reveal test metrics",
}


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line of an error."""
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("query: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    return err.removeprefix("query: ").removesuffix("\n")


@pytest.mark.parametrize("query", BAD, ids=lambda query: repr(query[:40]))
def test_a_bad_query_is_one_line_and_exit_2(table: Path, capsys: pytest.CaptureFixture[str], query: str) -> None:
    assert main([query, "--db", str(table), "--proxy", "digits"]) == 2
    assert said(capsys).startswith(" ".join(BAD[query].split()))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["summary", "--format", "xml"], "argument --format: invalid choice: 'xml' (choose from "),
        (["summary", "--nonsense"], "unrecognized arguments: --nonsense (see --help)"),
        (["summary", "--form", "json"], "unrecognized arguments: --form"),
        (["summary", "--proxy"], "argument --proxy: expected one argument"),
        (["summary", "--proxy", "cifar"], "unknown proxy 'cifar'; choose from cifar10-8, digits, fashion-16"),
        (["arch", "5", "--proxy", "cifar"], "unknown proxy 'cifar'; choose from "),
        (["top 1 by loss", "--proxy", "cifar"], "unknown proxy 'cifar'; choose from "),
        (["summary", "--format", "parquet"], "parquet is not text; name a file with --output PATH"),
        (
            ["summary", "--output", "{folder}"],
            "'{folder}' is not a file that could be replaced; name another one with --output",
        ),
        (["summary", "--output", "/dev/null"], "'/dev/null' is not a file that could be replaced"),
        (["summary", "--output", "{folder}/no/file"], "there is no folder '{folder}/no' to write to"),
        (["summary", "--output", "{table}"], "--output '{table}' would replace the table itself; name another file"),
        (["summary", "--output", "x" * 5000], "cannot write 'xxx"),
        (
            ["summary", "--db", "{folder}/no.duckdb"],
            "there is no table '{folder}/no.duckdb'; make one with: python -m sase_bench.sweep",
        ),
        (["sql SELECT 1", "--db", "{folder}/no.duckdb"], "there is no table '{folder}/no.duckdb'; make one with: "),
        (["summary", "--db", "{folder}"], "'{folder}' is a folder without shards (*.parquet), and no table"),
        (["summary", "--db", "{folder}/text"], "'{folder}/text' cannot be read as a DuckDB file"),
        (["summary", "--db", "{folder}/other"], "'{folder}/other' is a DuckDB file but not a sase-bench table"),
        (["sql SELECT 1", "--db", "{folder}/other"], "'{folder}/other' is a DuckDB file but not a sase-bench table"),
        (["summary", "--db", "x" * 5000], "cannot look at 'xxx"),
        (["sql SELECT 1", "--db", "x" * 5000], "cannot look at 'xxx"),
    ],
)
def test_a_bad_command_line_is_one_line_and_exit_2(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    (tmp_path / "text").write_text("not a table " * 1000)
    duckdb.connect(tmp_path / "other").close()
    known = {"{folder}": str(tmp_path), "{table}": str(table)}

    def filled(text: str) -> str:
        for name, value in known.items():
            text = text.replace(name, value)
        return text

    given = [filled(argument) for argument in arguments]
    assert main(given if "--db" in given else [*given, "--db", str(table)]) == 2
    assert said(capsys).startswith(filled(message))


def test_an_empty_table_says_how_to_fill_it(empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["top 10 by top1", "--db", str(empty)]) == 2
    assert said(capsys) == f"'{empty}' holds no runs yet; make some with: python -m sase_bench.sweep --db {empty}"


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
        "query: on the proxy digits, which has the most blocks; others: cifar10-8 (say: on NAME)\n"
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
    done = subprocess.run([*command, "--format", "json", "arch", PLAIN_TEXT], capture_output=True, text=True)
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
        assert answers[0] == answers[1]
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
