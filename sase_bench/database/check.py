"""Is a table whole? Every run is read as if it came from a stranger."""

import duckdb

from sase_bench.database.store import read_record
from sase_bench.errors import RequestError
from sase_bench.space import Space

__all__ = ["check"]

_QUESTIONS = {
    "curves without a run": "SELECT count(*) FROM epochs ANTI JOIN runs USING (arch, proxy, seed)",
    "runs of a proxy that is not described": "SELECT count(*) FROM runs ANTI JOIN proxies USING (proxy)",
    "runs made with another recipe than their proxy's": (
        "SELECT count(*) FROM runs JOIN proxies USING (proxy) WHERE runs.recipe_hash <> proxies.recipe_hash"
    ),
    "architectures missing": f"SELECT {len(Space('full'))} - count(DISTINCT arch) FROM architectures",
    "proxies whose trunk has no costs": "SELECT count(*) FROM proxies ANTI JOIN costs USING (trunk)",
    "runs that ended ok with a curve of another length than their proxy's": (
        "SELECT count(*) FROM runs JOIN proxies USING (proxy) WHERE status = 'ok' AND proxies.epochs <> "
        "(SELECT count(*) FROM epochs WHERE (epochs.arch, epochs.proxy, epochs.seed) = (runs.arch, runs.proxy, runs.seed))"
    ),
}


def check(table: duckdb.DuckDBPyConnection) -> list[str]:
    """What is wrong with an open table, a line each; nothing if it is whole."""
    problems = []
    for what, question in _QUESTIONS.items():
        (count,) = table.execute(question).fetchone() or (0,)
        if count:
            problems.append(f"{count} {what}")
    for key in table.execute("SELECT arch, proxy, seed FROM runs ORDER BY proxy, seed, arch").fetchall():
        try:
            read_record(table, key)
        except RequestError as error:
            problems.append(f"run {key}: {error}")
    return problems
