"""The dimensions of the table, which every run points to: blocks, proxies with their recipes, costs, published modules."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from sase_bench.cost import slot_costs
from sase_bench.database.latencies import SlotSeconds
from sase_bench.database.schema import MODULES, schema_sql
from sase_bench.database.version import SCHEMA_VERSION
from sase_bench.errors import RequestError
from sase_bench.modules import all_modules
from sase_bench.recipes.recipe import Proxy
from sase_bench.recipes.splits import checksums
from sase_bench.space import OPERATIONS, PLACES, RADIX, Space
from sase_bench.trunk import Trunk

__all__ = ["add_costs", "add_modules", "add_proxies", "architectures_sql", "costs_sql", "create", "describe"]


def create(connection: duckdb.DuckDBPyConnection) -> None:
    """Make an empty table of the current version, with all architectures in it."""
    connection.execute(schema_sql())
    connection.execute("INSERT INTO about VALUES ('format', 'sase-bench'), ('schema_version', ?)", [str(SCHEMA_VERSION)])
    connection.execute(f"INSERT INTO architectures {architectures_sql()}")


def architectures_sql() -> str:
    """The SELECT that gives `architectures` without its generated column, operations by name."""
    columns = []
    for place, (slot, names) in zip(PLACES, OPERATIONS.items(), strict=True):
        columns.append(f"[{', '.join(repr(name) for name in names)}][1 + arch // {place} % {RADIX}] AS {slot}")
    tied = "channel_excite = channel_gate AND gated_squeeze = spatial_squeeze"
    return (
        f"SELECT *, {tied} AS is_tied FROM "
        f"(SELECT arch, {', '.join(columns)} FROM range({len(Space('full'))}) AS numbers(arch))"
    )


def add_proxies(connection: duckdb.DuckDBPyConnection, proxies: Iterable[Proxy]) -> None:
    """Enter recipes that are not there yet, with the parameters and FLOPs of all architectures in their trunks.

    Raises `RequestError` where the table has another recipe under the same name.
    """
    known = dict(connection.execute("SELECT proxy, recipe_hash FROM proxies").fetchall())
    for proxy in proxies:
        if proxy.name in known:
            if known[proxy.name] != proxy.recipe_hash:
                raise RequestError(
                    f"the table's proxy {proxy.name} has the recipe {known[proxy.name]}, this program's has "
                    f"{proxy.recipe_hash}; their runs do not mix, use another table (--db)"
                )
            continue
        describe(connection, proxy, checksums(proxy))
        add_costs(connection, proxy.trunk)


def describe(connection: duckdb.DuckDBPyConnection, proxy: Proxy, splits: Mapping[str, str]) -> None:
    """Enter one recipe, with the checksums of its splits."""
    connection.execute(
        f"INSERT INTO proxies VALUES ({', '.join('?' * 12)})",
        [
            proxy.name, proxy.recipe_hash, proxy.dataset, proxy.resolution, proxy.trunk.name, proxy.epochs,
            proxy.train_size, proxy.val_size, proxy.test_size,
            json.dumps(proxy.recipe(), sort_keys=True), json.dumps(splits), proxy.description,
        ],
    )  # fmt: skip


def add_costs(connection: duckdb.DuckDBPyConnection, trunk: Trunk, latency: NDArray[np.float64] | None = None) -> None:
    """Enter the costs of all architectures in `trunk`, unless they are there; `latency` in seconds, in order of the index."""
    if connection.execute("SELECT 1 FROM costs WHERE trunk = ? LIMIT 1", [trunk.name]).fetchone():
        return
    connection.execute(f"INSERT INTO costs {costs_sql(trunk)}")
    if latency is not None:
        connection.register("timed", {"arch": np.arange(len(latency)), "latency": latency})
        set_latency = "UPDATE costs SET latency = timed.latency FROM timed WHERE costs.arch = timed.arch AND costs.trunk = ?"
        connection.execute(set_latency, [trunk.name])


def costs_sql(trunk: Trunk, seconds: SlotSeconds | None = None) -> str:
    """The SELECT that gives the rows of `costs` for all architectures in `trunk`: sums over slots, as in `cost.count`."""
    constant, table = slot_costs(trunk)
    columns = [f"{_sum(f'{constant[i]}::BIGINT', table[:, :, i])} AS {name}" for i, name in enumerate(("params", "flops"))]
    latency = "NULL" if seconds is None else _sum(f"{seconds.constant!r}", seconds.table)
    return (
        f"SELECT arch, '{trunk.name}' AS trunk, {', '.join(columns)}, ({latency})::DOUBLE AS latency "
        f"FROM range({len(Space('full'))}) AS numbers(arch)"
    )


def _sum(constant: str, table: NDArray[Any]) -> str:
    """A constant and what each operation of each slot adds (6, 7), as SQL over the number of a block."""
    terms = [f"{row.tolist()}[1 + arch // {place} % {RADIX}]" for row, place in zip(table, PLACES, strict=True)]
    return " + ".join([constant, *terms])


def add_modules(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables of published modules where they are not there yet, and name every module."""
    connection.execute(MODULES)
    rows: list[str | int | None] = []
    for module in all_modules():
        paper = module.published
        rows += [module.index, module.name, *([None] * 3 if paper is None else [paper.title, paper.year, paper.reference])]
    each = ", ".join(["(?, ?, ?, ?, ?)"] * len(all_modules()))
    connection.execute(f"INSERT OR REPLACE INTO modules VALUES {each}", rows)
