"""The scores of a proxy as arrays: blocks by seeds, straight from a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from sase_bench.errors import RequestError
from sase_bench.samples import drawn_at_random, space_judged
from sase_bench.space import SPACES
from sase_bench.statistics.panels import most_informative

__all__ = ["METRICS", "Panel", "panel"]

_LEAST_DRAWN = 3  # blocks that a reliability can be estimated from

#: What can be scored, each as SQL over the curve of a run; all of them see training and validation images only.
METRICS: dict[str, str] = {
    "val_loss": "max_by(val_loss, epoch)",
    "val_top1": "max_by(val_top1, epoch)",
    "train_loss": "max_by(train_loss, epoch)",
    "sum_train_loss": "fsum(train_loss)",  # arXiv 2006.04492; `fsum`: ties must not be broken by the order of adding
    "sum_val_loss": "fsum(val_loss)",
}


@dataclass(frozen=True)
class Panel:
    """Blocks that all ended ok with the same seeds."""

    space: str | None  # that the blocks were drawn from at random; None where a person or a search chose some
    archs: tuple[int, ...]  # k indices
    seeds: tuple[int, ...]  # s seeds
    scores: dict[str, NDArray[np.float64]]  # by metric, (k, s)
    unscored: int  # runs of these seeds without a score; their blocks, drawn like the others, are left out
    runs: int  # runs of these seeds, of the blocks and of those left out for want of a score
    seconds: float  # median wall-clock time of these runs, training and evaluation

    def restrict(self, archs: tuple[int, ...]) -> Panel:
        """The same for some of the blocks, in the order given."""
        rows = [self.archs.index(arch) for arch in archs]
        scores = {name: values[rows] for name, values in self.scores.items()}
        return Panel(self.space, archs, self.seeds, scores, self.unscored, self.runs, self.seconds)


def panel(
    table: duckdb.DuckDBPyConnection,
    proxy: str,
    seeds: Sequence[int] | None = None,
    *,
    among: Set[int] | None = None,
    space: str | None = None,
) -> Panel:
    """The blocks of an open table, all or those `among` some, that ended ok on `proxy` with each of `seeds`.

    By default the seeds are those, most measured first, that leave the most degrees of freedom for the noise,
    (blocks - 1)·(seeds - 1): a sweep that was stopped in its last seed is judged by the seeds before. Where blocks of the plans
    `random:N` and `orthogonal:N` are among them, the others are left out: what a person or a search chose lies further apart.
    Those of one space alone are taken, of `space` or of that which `space_judged` names.
    Raises `RequestError` if there are no such blocks.
    """
    columns = ", ".join(f"{sql} AS {name}" for name, sql in METRICS.items())
    rows = table.execute(
        f"SELECT arch, seed, {columns} FROM epochs JOIN (SELECT arch, proxy, seed, status FROM runs) "
        "USING (arch, proxy, seed) WHERE proxy = ? AND status = 'ok' GROUP BY arch, seed ORDER BY arch, seed",
        [proxy],
    ).fetchall()
    tried = {arch for (arch,) in table.execute("SELECT DISTINCT arch FROM runs WHERE proxy = ?", [proxy]).fetchall()}
    ended = {row[0] for row in rows}
    samples: dict[str | None, set[int]] = {name: drawn_at_random(tried, name) for name in SPACES}
    samples = {name: drawn for name, drawn in samples.items() if len(drawn & ended) >= _LEAST_DRAWN and space in (None, name)}
    if space is None and not samples:
        samples = {None: tried}
    panels: dict[str | None, Panel] = {}
    for name, sample in samples.items():
        judged = sample if among is None else sample & among
        chosen, archs, cube = _crossed([row for row in rows if row[0] in judged], seeds)
        if archs:
            runs, unscored, seconds = _counted(table, proxy, chosen, set(archs), judged)
            scores = {metric: cube[:, :, i] for i, metric in enumerate(METRICS)}
            panels[name] = Panel(name, archs, chosen, scores, unscored, runs, seconds)
    if not tried:
        raise RequestError(f"no block has been measured on {proxy}")
    if not panels:
        of = "" if space is None else f"drawn at random from the {space} space "
        raise RequestError(f"no block {of}has been measured on {proxy} with all of the seeds {seeds or 'that there are'}")
    if len(panels) == 1:
        return next(iter(panels.values()))
    return panels[space_judged({name: set(panels[name].archs) for name in SPACES})]


def _crossed(
    rows: Sequence[tuple[Any, ...]], seeds: Sequence[int] | None
) -> tuple[tuple[int, ...], tuple[int, ...], NDArray[np.float64]]:
    """s seeds, the k blocks with each of them, and their scores (k, s, metrics), of rows of a block, a seed and scores."""
    found: dict[int, dict[int, Sequence[float]]] = {}
    for arch, seed, *values in rows:
        found.setdefault(seed, {})[arch] = values
    chosen = tuple(sorted(seeds)) if seeds is not None else _telling(found)
    archs = tuple(sorted(set.intersection(*(set(found.get(seed, {})) for seed in chosen)))) if chosen else ()
    return chosen, archs, np.asarray([[found[seed][arch] for seed in chosen] for arch in archs], dtype=np.float64)


def _counted(
    table: duckdb.DuckDBPyConnection, proxy: str, seeds: Sequence[int], archs: Set[int], judged: Set[int]
) -> tuple[int, int, float]:
    """Runs with these seeds, those without a score, and the median seconds: of `archs`, and of `judged` that want a score."""
    rows = table.execute(
        "SELECT arch, status, train_seconds + eval_seconds FROM runs WHERE proxy = ? AND list_contains(?::BIGINT[], seed)",
        [proxy, list(seeds)],
    ).fetchall()
    counted = archs | {arch for arch, status, _ in rows if status != "ok" and arch in judged}
    kept = [(status, seconds) for arch, status, seconds in rows if arch in counted]
    taken = [seconds for _, seconds in kept if seconds is not None]
    return len(kept), sum(status != "ok" for status, _ in kept), float(np.median(taken)) if taken else 0.0


def _telling(found: Mapping[int, Mapping[int, object]]) -> tuple[int, ...]:
    """The most informative seeds of what was found by seed and block."""
    seeds, blocks = sorted(found), sorted(set().union(*found.values()))
    there = np.asarray([[arch in found[seed] for seed in seeds] for arch in blocks], dtype=np.bool_)
    return tuple(seeds[column] for column in most_informative(there.reshape(len(blocks), len(seeds))))
