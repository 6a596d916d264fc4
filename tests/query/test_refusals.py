"""What is refused, in one line that names the way out, whatever was typed."""

from pathlib import Path

import duckdb
import pytest

from sase_bench.query.__main__ import main
from tests.query.errors import said
from tests.query.tables import DIVERGED, SASE, UNTRIED

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
        "unknown query 'finest' at column 1; start with top, bottom, pareto, arch, rank, neighbours, compare, curve, effect, "
        "fidelity, modules, proxies, columns, summary or sql"
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
