"""How the best block of a proxy stands where it was not chosen: beside published modules elsewhere, and by rare seeds."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sase_bench.database.reading import reading
from sase_bench.modules import PLAIN, Module
from sase_bench.query import ask
from sase_bench.recipes.registry import metric_of
from sase_bench.record import COLUMNS, SCORES
from sase_bench.statistics.means import half_width, spread
from sase_bench.statistics.paired_tests import holm

__all__ = ["gain_by_rare_seeds", "leads", "scores_of"]

Records = list[dict[str, Any]]


def scores_of(proxy: str) -> tuple[str, ...]:
    """The scores that are told of a block on a proxy where it was not chosen: all of validation, or what the proxy ranks by."""
    return SCORES if metric_of(proxy) in SCORES else (metric_of(proxy),)


def leads(db: Path, proxy: str, arch: int, names: Iterable[str]) -> Records:
    """How far each of these modules is ahead of a block by each score, over the seeds that both have: larger is better.

    `holm` is p corrected for all modules of the score. Modules whose noise is not known are left out.
    """
    compared = {name: ask(f"compare {name} with {arch}", db=db, proxy=proxy).records() for name in names}
    found: Records = []
    for metric in scores_of(proxy):
        sign = -COLUMNS[metric].sign
        known = [
            (name, row) for name, rows in compared.items() for row in rows if row["metric"] == metric and row["p"] is not None
        ]
        corrected = holm([row["p"] for _, row in known])
        for (name, row), p in zip(known, corrected, strict=True):
            low, high = sorted((sign * row["low"], sign * row["high"]))
            lead = {"lead": sign * row["difference"], "lead_low": low, "lead_high": high, "p": row["p"], "holm": p}
            found.append({"proxy": proxy, "metric": metric, "module": name, **lead, "seeds": row["pairs"]})
    return found


def gain_by_rare_seeds(db: Path, proxy: str, arch: int) -> dict[str, Any] | None:
    """The gain of a block over the plain trunk by those of its seeds that at most half of the blocks have.

    Blocks were chosen by seeds that they share. The interval is by t over these differences alone; None without two of them.
    """
    column = metric_of(proxy)
    scored = f"FROM {{}} WHERE proxy = ? AND status = 'ok' AND {column} IS NOT NULL"
    with reading(db) as table:
        counts = dict(table.execute(f"SELECT seed, count(*) {scored.format('runs')} GROUP BY seed", [proxy]).fetchall())
        ((blocks,),) = table.execute(f"SELECT count(DISTINCT arch) {scored.format('runs')}", [proxy]).fetchall()
        own, plain = (
            dict(table.execute(f"SELECT seed, {column} {scored.format(runs)} AND arch = ?", [proxy, index]).fetchall())
            for runs, index in (("runs", arch), ("module_runs", Module(PLAIN).index))
        )
    seeds = sorted(seed for seed in own if seed in plain and 2 * counts[seed] <= blocks)
    mean, sd = spread([-COLUMNS[column].sign * (own[seed] - plain[seed]) for seed in seeds])
    half = half_width(sd, len(seeds))
    return None if mean is None or half is None else {"gain": mean, "low": mean - half, "high": mean + half, "seeds": seeds}
