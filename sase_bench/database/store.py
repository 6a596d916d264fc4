"""The one writer of a table: journal first, then published copies."""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from types import TracebackType

import duckdb
import numpy as np
from numpy.typing import NDArray

from sase_bench.database.admission import Recipe, is_new, told_of
from sase_bench.database.dimensions import add_costs, add_proxies, create
from sase_bench.database.journal import Journal
from sase_bench.database.lock import Lock
from sase_bench.database.migrations import migrate, version_of
from sase_bench.database.reader import open_file
from sase_bench.database.refusals import refused
from sase_bench.database.rows import insert_runs, keys_in, read_records
from sase_bench.database.schema import LATENCY, PREDICTIONS, tables_for
from sase_bench.database.version import SCHEMA_VERSION
from sase_bench.errors import RequestError
from sase_bench.recipes.recipe import Proxy
from sase_bench.record import Key, Record
from sase_bench.trunk import Trunk

__all__ = ["Store"]

_LEAST_INTERVAL = 1.0  # seconds between publications
_DUTY = 0.05  # largest share of the time that publishing may take


class Store:
    """Append runs to the table at `path`, which is made if it is not there; use it as a context manager.

    Where a request is refused inside of that context, a table that was made for it and holds nothing is taken away again: an
    empty one would stand before the released table.

    `proxies` are the recipes that new runs may belong to. Raises `RequestError` if another process is writing, if the place
    cannot be written to, or if the file is not a table.
    """

    def __init__(self, path: Path, proxies: Iterable[Proxy] = ()) -> None:
        self.path = path
        if path.is_file():  # a file that is no table is refused before anything is put beside it
            open_file(path).close()
        if path.is_dir():
            raise RequestError(f"{str(path)!r} is a folder, not a table")
        self._is_made_here = not path.exists()
        self._lock = Lock(path.with_name(path.name + ".lock"), path)
        try:
            self._fresh = path.with_name(path.name + ".new")
            self._journal = Journal(path.with_name(path.name + ".journal"))
            self._pending: list[Record] = []
            self._cost = 0.0  # seconds the last publication took
            self._prepare(list(proxies))
            with self._told(), told_of(self._journal.path):
                for record in self._journal.recover():
                    if is_new(record, self.find(record.key), self._recipes, "the table"):
                        self._take(record)
            self.recovered = len(self._pending)
            self.publish()
        except BaseException:
            self._lock.close()
            raise

    @property
    def damaged(self) -> int:
        """Lines of a recovered journal that could not be read; they are kept in `….journal.damaged`."""
        return self._journal.damaged

    @property
    def waiting(self) -> int:
        """Runs that are safe in the journal but not yet in the published table."""
        return len(self._pending)

    @property
    def keys(self) -> frozenset[Key]:
        """The (arch, proxy, seed) of every run that is there."""
        return frozenset(self._keys)

    @property
    def failed(self) -> frozenset[Key]:
        """Those of them that failed: `append` takes another result in their place."""
        return frozenset(self._failed)

    def __contains__(self, key: Key) -> bool:
        return key in self._keys

    def append(self, record: Record) -> bool:
        """Add a run; False if the same result is there already, or one that supersedes it. It is on disk when this returns.

        Raises `RequestError` if another result is already there for the same architecture, proxy and seed, and did not fail.
        """
        (result,) = self.append_all([record])
        if isinstance(result, RequestError):
            raise result
        return result

    def append_all(self, records: Sequence[Record]) -> list[bool | RequestError]:
        """As `append` of each in turn, with what it raises among the results. What is there already is looked up at once."""
        known, results = self._known([record.key for record in records]), list[bool | RequestError]()
        for record in records:
            try:
                results.append(is_new(record, known.get(record.key), self._recipes, "the table"))
            except RequestError as error:
                results.append(error)
            if results[-1] is True:
                known[record.key] = record
                self._journal.append(record)
                self._take(record)
        is_time = monotonic() - self._published > max(_LEAST_INTERVAL, self._cost / _DUTY)
        if is_time and any(result is True for result in results):
            self.publish()
        return results

    def publish(self) -> None:
        """Fold what waits into a copy of the table and put it in place of the table in one step.

        While another program has the table open for writing, the runs go on waiting in the journal.
        """
        if not self._pending:
            return
        start = monotonic()
        self._published = start
        try:
            self._open().close()
        except RequestError:
            return
        with self._renewed() as connection:
            connection.execute("BEGIN")
            for tables in sorted({tables_for(record.arch) for record in self._pending}):
                insert_runs(connection, tables, [record for record in self._pending if tables_for(record.arch) == tables])
            connection.execute("COMMIT")
        self._pending.clear()
        self._journal.clear()
        self._published = monotonic()
        self._cost = self._published - start

    def replace_calibrations(self, rows: Sequence[Mapping[str, object]]) -> None:
        """Put these rows of `calibrations`, by column name, in place of the ones for the same proxy and metric.

        Raises `RequestError` while another program has the table open for writing, as what replaces other rows does.
        """
        with self._replacing() as connection:
            for row in rows:
                key = [row["proxy"], row["metric"]]
                connection.execute("DELETE FROM calibrations WHERE (proxy, metric) = (?, ?)", key)
                values = {name: _finite(value) for name, value in row.items()}
                connection.execute(f"INSERT INTO calibrations BY NAME SELECT {', '.join(f'${n} AS {n}' for n in row)}", values)

    def replace_predictions(
        self,
        proxy: str,
        metric: str,
        predictor: str,
        archs: NDArray[np.int64],
        mean: NDArray[np.float64],
        sd: NDArray[np.float64],
    ) -> None:
        """Put these predictions, in the unit of the metric, in place of all by the same predictor for the proxy and metric."""
        with self._replacing() as connection:
            connection.execute(PREDICTIONS)
            key = [proxy, metric, predictor]
            connection.execute("DELETE FROM predictions WHERE (proxy, metric, predictor) = (?, ?, ?)", key)
            connection.register("predicted", {"arch": archs, "mean": mean, "sd": sd})
            connection.execute("INSERT INTO predictions SELECT ?, ?, ?, arch, mean, sd FROM predicted", key)

    def replace_costs(self, trunk: Trunk, latency: NDArray[np.float64], about: Mapping[str, object]) -> None:
        """Put the costs of all architectures in `trunk` in place of what is there.

        `latency` is in seconds, in order of the index, shape (117649,); `about` says what it stands for, and is kept as JSON.
        """
        with self._replacing() as connection:
            connection.execute("DELETE FROM costs WHERE trunk = ?", [trunk.name])
            add_costs(connection, trunk, latency)
            connection.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", [LATENCY + trunk.name, json.dumps(about)])

    def find(self, key: Key) -> Record | None:
        """The run with this key, wherever it is."""
        return self._known([key]).get(key)

    def _known(self, keys: Sequence[Key]) -> dict[Key, Record]:
        """Those of these runs that are there, wherever they are."""
        asked = self._keys.intersection(keys)
        found = {record.key: record for record in self._pending if record.key in asked} if asked else {}
        left = sorted(asked - found.keys())
        if left:
            with self._told(), open_file(self.path) as connection:
                found |= read_records(connection, left)
        return found

    def close(self) -> None:
        """Publish what waits and let others write."""
        try:
            self.publish()
        finally:
            self._lock.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            self.close()
        finally:
            if self._is_made_here and not self._keys and kind is not None and issubclass(kind, RequestError):
                for suffix in ("", ".lock", ".journal"):
                    self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    def _take(self, record: Record) -> None:
        """Let a new run wait for its publication, in place of one that failed."""
        if record.key in self._keys:
            self._pending = [other for other in self._pending if other.key != record.key]
        self._pending.append(record)
        self._keys.add(record.key)
        if record.status == "failed":
            self._failed.add(record.key)
        else:
            self._failed.discard(record.key)

    def _prepare(self, proxies: list[Proxy]) -> None:
        """Make the table or bring it up to date, and learn what is in it."""
        self._published = monotonic()
        with self._told():
            _unlink(self._fresh)
        if not self.path.exists():
            with self._renewed() as connection:
                create(connection)
                add_proxies(connection, proxies)
        with self._told(), self._open() as connection:
            version = version_of(connection, self.path)
            if version == SCHEMA_VERSION:
                self._learn(connection)
        missing = [proxy for proxy in proxies if version < SCHEMA_VERSION or Recipe.of(proxy) != self._recipes.get(proxy.name)]
        if missing or version < SCHEMA_VERSION:
            with self._renewed() as connection:
                migrate(connection, version)
                add_proxies(connection, missing)
                self._learn(connection)

    def _learn(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._keys: set[Key] = set(keys_in(connection))
        self._failed: set[Key] = set(keys_in(connection, status="failed"))
        recipes = connection.execute("SELECT proxy, recipe_hash, epochs FROM proxies").fetchall()
        self._recipes = {name: Recipe(known, epochs) for name, known, epochs in recipes}

    def _open(self) -> duckdb.DuckDBPyConnection:
        """The table with what another program left beside it when it was killed, which no copy of the file would have.

        Raises `RequestError` if another program has it open for writing.
        """
        return open_file(self.path, read_only=not self.path.with_name(self.path.name + ".wal").exists())

    @contextmanager
    def _replacing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A transaction on a copy of the table, with all runs in it, that takes the table's place."""
        self.publish()
        self._open().close()
        with self._renewed() as connection:
            connection.execute("BEGIN")
            yield connection
            connection.execute("COMMIT")
        self._is_made_here = False  # it holds something

    @contextmanager
    def _renewed(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A copy of the table, or a new file, to write to; it takes the table's place when the context ends well."""
        with self._told():
            _unlink(self._fresh)
            try:
                if self.path.exists():
                    shutil.copyfile(self.path, self._fresh)
                with open_file(self._fresh, read_only=False) as connection:
                    yield connection
                    connection.execute("CHECKPOINT")  # by itself, DuckDB says nothing of one that fails for lack of space
                self._replace()
            except BaseException:
                _unlink(self._fresh)
                raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What the system or DuckDB refuses, in one line."""
        try:
            yield
        except OSError as error:
            place = f"beside {str(self.path)!r}"
            raise RequestError(f"cannot write {place}: {error.strerror or error}; nothing finished was lost") from error
        except duckdb.Error as error:
            raise refused(self.path, error) from error

    def _replace(self) -> None:
        with self._fresh.open("rb") as file:
            os.fsync(file.fileno())
        self._fresh.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _finite(value: object) -> object:
    """Missing for what is not defined."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _unlink(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.with_name(path.name + ".wal").unlink(missing_ok=True)
