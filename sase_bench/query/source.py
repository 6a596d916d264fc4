"""What a question is put to: an open table, and how it is to be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from sase_bench.database.rows import has_modules
from sase_bench.database.schema import MODULE_TABLES
from sase_bench.database.shelf import writing
from sase_bench.errors import RequestError, unknown
from sase_bench.query.metrics import METRICS

__all__ = ["Source"]


@dataclass(frozen=True, kw_only=True)
class Source:
    """An open table, and how it is to be asked."""

    connection: duckdb.DuckDBPyConnection
    path: Path
    proxy: str | None = None  # for queries that do not name one
    test: bool = False  # scores are those on the test images
    predicted: str | None = None  # the predictor that stands in for runs that were not made

    @property
    def runs(self) -> str:
        """The relation that may be read: without `test` it has no test scores."""
        return "runs" if self.test else "validation_runs"

    def column(self, name: str) -> str:
        """The column of the metric called `name` in a query."""
        return METRICS[name].column(test=self.test)

    def proxies(self) -> list[str]:
        """The proxies to answer for where a query is about all of them: the source's own, or all that the table has."""
        known = [name for (name,) in self.rows("SELECT proxy FROM proxies ORDER BY proxy")]
        if self.proxy is None:
            return known
        if self.proxy not in known:
            raise unknown("proxy", self.proxy, known) if known else RequestError(self.how_to_fill)
        return [self.proxy]

    @property
    def how_to_fill(self) -> str:
        """What to say of a table without runs."""
        if has_modules(self.connection) and self.rows(f"SELECT 1 FROM {MODULE_TABLES[0]} LIMIT 1"):
            return f"{str(self.path)!r} holds runs of published modules only, and no block's; ask for them: modules by loss"
        return f"{str(self.path)!r} holds no runs yet; make some with: {self.writing('sweep')}"

    def writing(self, command: str) -> str:
        """The command that writes to the table, as a person types it; what lies on a shelf is put into a table first."""
        return writing(self.path, command)

    def rows(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> list[tuple[Any, ...]]:
        """The rows that a statement of this program gives."""
        try:
            return self.connection.execute(sql, parameters).fetchall()
        except duckdb.Error as error:
            raise RequestError(f"{str(self.path)!r} cannot answer ({str(error).splitlines()[0]})") from error
