"""Files from strangers: nothing in them runs, nothing that they name is opened, and a row is taken only if it can be true."""

import ast
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import numpy as np
import pytest

import sase_bench
from sase_bench.database import Report, Store, connect, merge
from sase_bench.database.__main__ import main
from sase_bench.database.check import check_shelf
from sase_bench.errors import RequestError
from sase_bench.query import ask
from tests.records import DIGITS, made_up
from tests.shelves import rewrite, write_shelf

PYTHON = sorted(Path(sase_bench.__file__).parent.rglob("*.py"))
ROWS = 3
RUNNING = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "yaml"}


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: "/".join(path.parts[-2:]))
def test_nothing_in_the_package_reads_a_format_that_runs_code(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            assert not RUNNING & {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and {alias.name for alias in node.names} != {"UnpicklingError"}:  # to catch it
            assert (node.module or "").split(".")[0] not in RUNNING
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            assert called not in ("eval", "exec", "compile"), ast.unparse(node)
            assert given.get("allow_pickle", "False") == "False", ast.unparse(node)
            assert not called.endswith("torch.load") or given.get("weights_only") == "True", ast.unparse(node)


@pytest.fixture(scope="module")
def shard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shelf(tmp_path_factory.mktemp("shelf"), seeds=1, blocks=f"arch < {ROWS}") / "digits.parquet"


def row(column: str, value: str) -> str:
    return f"REPLACE ({value} AS {column})"


LONG = "repeat('x', 1000000)"
POINT = "{'epoch': %s, 'train_loss': 1.0::DOUBLE, 'val_loss': %s, 'val_top1': 0.5::DOUBLE, 'seconds': 1.0::DOUBLE}"
HOSTILE = [
    *(row("arch", value) for value in ("117649", "-1", "'../../etc/passwd'", "1.5::DOUBLE", "NULL", "true", "[1]")),
    *(row("arch", value) for value in ("9223372036854775807", "170141183460469231731687303715884105727::HUGEINT")),
    *(row("proxy", value) for value in ("'../../etc/passwd'", LONG, "NULL", "7", "'fashion-8'", "chr(27) || '[2J'")),
    *(row("seed", value) for value in ("-1", "2147483648", "'0'", "NULL", "0.5::DOUBLE")),
    *(row("status", value) for value in ("'fine'", "''", "NULL", "'failed'", "'diverged'")),
    *(
        row("val_loss", value)
        for value in ("'NaN'::DOUBLE", "'inf'::DOUBLE", "-1.0::DOUBLE", "'1'", "1.0::DECIMAL(9,3)", "NULL")
    ),
    *(row("val_top1", value) for value in ("1.5::DOUBLE", "-0.1::DOUBLE", "'-inf'::DOUBLE", "NULL", "true")),
    *(row("reason", value) for value in (LONG, "'/etc/passwd'", "chr(10) || 'x'", "chr(27) || ']0;x'", "7")),
    *(row("threads", value) for value in ("0", "-3", "'many'", "NULL")),
    *(row("device", value) for value in (LONG, "chr(0) || 'x'", "NULL", "'x'::BLOB")),
    *(row("recipe_hash", value) for value in ("'0000000000000000'", "'../x'", "NULL")),
    *(row("started_at", value) for value in ("NULL", LONG, "now()", "7")),
    *(row("curve", value) for value in ("'curve'", "[1, 2]", "{'epoch': 1}", f"[{POINT % ('-1', '1.0::DOUBLE')}]")),
    *(row("curve", f"[{POINT % values}]") for values in [("2", "1.0::DOUBLE"), ("1", "'NaN'::DOUBLE"), ("'/etc/passwd'", "1")]),
    row("curve", "curve[:11]"),
    *(row(name, f"{name} / 2") for name in ("train_loss", "val_loss", "val_top1")),
    row("curve", f"list_transform(range(1, 13), lambda n: {POINT % ('n', '1.0::DOUBLE')})"),
    row("curve", f"list_transform(range(1, 150001), lambda n: {POINT % ('n', '1.0::DOUBLE')})"),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store(tmp_path_factory.mktemp("store") / "table.duckdb", [DIGITS]) as store:
        yield store


@pytest.mark.parametrize("change", HOSTILE)
def test_no_hostile_row_is_taken(shard: Path, store: Store, tmp_path: Path, change: str) -> None:
    changed = tmp_path / "digits.parquet"
    rewrite(shard, changed, change)
    assert any(check_shelf(changed).values())
    try:
        report = merge(store, changed)
    except RequestError:  # the file as a whole
        report = Report(refused=["refused"] * ROWS)
    assert (report.added, report.same, len(store.keys)) == (0, 0, 0)
    assert len(report.refused) == ROWS
    assert all(len(line) < 400 and line.isprintable() for line in report.refused)


RECIPE = DIGITS.recipe()
RECIPES = [
    "nonsense",
    "[]",
    "7",
    json.dumps({"digits": "nonsense"}),
    json.dumps({"digits": json.dumps([])}),
    json.dumps({"../../x": json.dumps(RECIPE)}),
    json.dumps({"x" * 200: json.dumps(RECIPE)}),
    *(
        json.dumps({"digits": json.dumps(RECIPE | change)})
        for change in (
            {"resolution": 0}, {"resolution": "8"}, {"depth": 10**9}, {"width": "8' AS x; DROP TABLE runs; --"}, {"width": 0},
            {"train_size": -5}, {"train_size": 10**12}, {"batch_size": 0}, {"dataset": "/etc/passwd"}, {"dataset": 7},
            {"epochs": True}, {"epochs": 1.5}, {"flip": 1}, {"learning_rate": "fast"}, {"folder": "/etc"}, {"depth": 7},
        )
    ),
    "[" * 10_000,
]  # fmt: skip


@pytest.mark.parametrize("recipes", RECIPES, ids=lambda text: text[:60])
def test_a_shard_with_an_impossible_recipe_is_refused(
    shard: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], recipes: str
) -> None:
    changed = tmp_path / "digits.parquet"
    escaped = recipes.replace("'", "''")
    with duckdb.connect() as connection:
        meta = f"format: 'sase-bench', schema_version: '1', recipes: '{escaped}'"
        connection.execute(f"COPY (FROM read_parquet('{shard}')) TO '{changed}' (FORMAT parquet, KV_METADATA {{{meta}}})")
    with pytest.raises(RequestError):
        connect(changed)
    ((problem,),) = check_shelf(changed).values()
    assert "\n" not in problem
    assert main(["merge", str(changed), "--db", str(tmp_path / "table.duckdb")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    "statements",
    [
        "DROP VIEW scores; CREATE VIEW scores AS SELECT * FROM read_text('{secret}')",
        "DROP VIEW validation_runs; CREATE VIEW validation_runs AS SELECT * FROM read_csv('{secret}')",
        "DROP TABLE proxies; CREATE VIEW proxies AS SELECT content AS proxy FROM read_text('{secret}')",
        "CREATE MACRO avg(x) AS (SELECT content FROM read_text('{secret}'))",
    ],
)
def test_a_table_reads_no_file_but_its_own(tmp_path: Path, statements: str) -> None:
    path, secret = tmp_path / "table.duckdb", tmp_path / "secret"
    secret.write_text("the secret")
    with Store(path, [DIGITS]) as store:
        store.append(made_up(1))
    with duckdb.connect(path) as connection:
        connection.execute(statements.format(secret=secret))
    questions = ("proxies", "top 3 by loss", "summary", "sql FROM scores", "sql FROM proxies")
    said = [answer_or_reason(path, question) for question in questions]
    assert not any("the secret" in text for text in said)
    with connect(path) as connection, pytest.raises(duckdb.PermissionException):
        connection.execute(f"SELECT * FROM read_text('{secret}')")


def answer_or_reason(path: Path, question: str) -> str:
    try:
        return str(ask(question, db=path))
    except RequestError as error:
        return str(error)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("model.json", b""),
        ("model.json", b"[]"),
        ("model.json", b'{"predictor": ["linear"]}'),
        ("model.json", b'{"predictor": "../../etc/passwd"}'),
        ("model.json", b'{"predictor": "linear"}'),
        ("model.json", b"[" * 100_000),
        ("arrays.npz", b""),
        ("arrays.npz", b"PK\x03\x04 nonsense"),
        ("arrays.npz", b"\x93NUMPY"),
    ],
)
def test_a_model_from_a_stranger_is_a_model_or_a_reason(tmp_path: Path, name: str, content: bytes) -> None:
    from sase_bench.predictors.shelf import load

    folder = model(tmp_path)
    (folder / name).write_bytes(content)
    with pytest.raises(RequestError):
        load(folder)


def test_a_model_with_turned_bits_is_a_model_or_a_reason(tmp_path: Path) -> None:
    from sase_bench.predictors.shelf import load

    folder, generator = model(tmp_path), random.Random(0)
    for path in sorted(folder.iterdir()):
        good = path.read_bytes()
        for _ in range(10):
            content = bytearray(good)
            content[generator.randrange(len(content))] ^= 1 << generator.randrange(8)
            path.write_bytes(content)
            is_refused(lambda: load(folder))
        path.write_bytes(good)
    assert load(folder)


def is_refused(read: Callable[[], object]) -> bool:
    try:
        read()
    except RequestError:
        return True
    return False


def model(folder: Path) -> Path:
    from sase_bench.predictors import PREDICTORS

    generator = np.random.default_rng(0)
    predictor = PREDICTORS["linear"](seed=0)
    predictor.fit(generator.permutation(117_649)[:30], generator.normal(size=30), None)
    predictor.save(folder / "linear")
    return folder / "linear"
