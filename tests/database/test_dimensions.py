import json
from collections.abc import Iterator

import duckdb
import pytest

from sase_bench.cost import count
from sase_bench.database.dimensions import add_modules, add_proxies, create
from sase_bench.modules import all_modules
from sase_bench.recipes.recipe import fingerprint
from sase_bench.recipes.registry import PROXIES
from sase_bench.recipes.splits import checksums
from sase_bench.space import Space
from tests.records import DIGITS

SIZE = len(Space("full"))


@pytest.fixture
def table() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        create(connection)
        yield connection


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
