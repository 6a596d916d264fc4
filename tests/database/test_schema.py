"""What the tables of a table are, and what stands in them before there are runs."""

import json
from collections.abc import Iterator

import duckdb
import pytest

from sase_bench.cost import count
from sase_bench.database.schema import BLOCK_TABLES, MODULE_TABLES, add_modules, add_proxies, create
from sase_bench.modules import all_modules
from sase_bench.recipes.recipe import fingerprint
from sase_bench.recipes.registry import PROXIES
from sase_bench.recipes.splits import checksums
from sase_bench.record import COLUMNS, EPOCH_COLUMNS, KEY, Column
from sase_bench.space import Space
from tests.records import DIGITS

SIZE = len(Space("full"))


@pytest.fixture
def table() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        create(connection)
        yield connection


@pytest.mark.parametrize(("runs", "epochs"), [BLOCK_TABLES, MODULE_TABLES])
def test_columns_of_runs_and_curves_are_those_declared_and_may_be_missing_where_that_says_so(
    table: duckdb.DuckDBPyConnection, runs: str, epochs: str
) -> None:
    keys = [COLUMNS[name] for name in KEY]
    for name, columns, key in (
        (runs, [*COLUMNS.values()], [*KEY]),
        (epochs, [*keys, *EPOCH_COLUMNS.values()], [*KEY, "epoch"]),
    ):
        described = table.execute(f"DESCRIBE {name}").fetchall()
        assert [row[:3] for row in described] == [(column.name, column.sql_type, may_be_missing(column)) for column in columns]
        assert [row[0] for row in described if row[3] == "PRI"] == key


def may_be_missing(column: Column) -> str:
    return "YES" if column.nullable else "NO"


def test_scores_have_a_mean_and_a_deviation_of_validation_scores_and_of_the_time(table: duckdb.DuckDBPyConnection) -> None:
    assert [row[0] for row in table.execute("DESCRIBE scores").fetchall()] == [
        *("arch", "proxy", "runs", "seeds", "diverged", "failed"),
        *("val_top1", "val_top1_sd", "val_loss", "val_loss_sd", "train_seconds", "train_seconds_sd"),
    ]


def test_every_published_module_is_named_with_its_paper(table: duckdb.DuckDBPyConnection) -> None:
    papers = [(module, module.published) for module in all_modules()]
    for _ in range(2):
        add_modules(table)
    assert table.execute("SELECT * FROM modules ORDER BY arch").fetchall() == [
        (module.index, module.name, *((paper.title, paper.year, paper.reference) if paper else (None, None, None)))
        for module, paper in papers
    ]
    assert [module.name for module, paper in papers if paper is None] == ["none"]


def test_recipes_are_described_once_and_the_costs_of_a_trunk_that_they_share_are_entered_once(
    table: duckdb.DuckDBPyConnection,
) -> None:
    proxies = [PROXIES[name] for name in ("digits", "cifar10-8-local", "cifar10-8-local-colours")]
    trunks = [proxies[0].trunk, proxies[1].trunk]
    add_proxies(table, [DIGITS])
    add_proxies(table, proxies)
    *described, recipes = zip(*table.execute("SELECT * EXCLUDE (recipe), recipe FROM proxies").fetchall(), strict=True)
    assert list(zip(*described, strict=True)) == [
        (
            *(proxy.name, proxy.recipe_hash, proxy.dataset, proxy.resolution, proxy.trunk.name, proxy.epochs),
            *(proxy.train_size, proxy.val_size, proxy.test_size, json.dumps(checksums(proxy)), proxy.description),
        )
        for proxy in proxies
    ]
    assert [fingerprint(json.loads(recipe)) for recipe in recipes] == [proxy.recipe_hash for proxy in proxies]
    assert [[*json.loads(recipe)] for recipe in recipes] == [sorted(proxy.recipe()) for proxy in proxies]
    for trunk in trunks:
        counted = count(trunk, Space("full").digits())
        found = table.execute("SELECT * FROM costs WHERE trunk = ? ORDER BY arch", [trunk.name]).fetchall()
        assert found == [
            (arch, trunk.name, int(params), int(flops), None)
            for arch, (params, flops) in enumerate(zip(counted.params, counted.flops, strict=True))
        ]
    assert table.execute("SELECT count(*) FROM costs").fetchone() == (len(trunks) * SIZE,)
