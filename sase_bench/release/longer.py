"""Blocks that were trained on a proxy and for longer, side by side, those that were chosen among them.

Validity is of blocks drawn at random. What a search or a person chose is not among them, and need not stay ahead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
import numpy as np

from sase_bench.answers import markdown
from sase_bench.answers.tables import Side
from sase_bench.calibrate.agreement import ranking
from sase_bench.calibrate.findings import Finding
from sase_bench.samples import drawn_at_random
from sase_bench.statistics.correlation import spearman

__all__ = ["longer"]

_LEAST = 3  # blocks that a correlation is told of
_SCORES = ("val_loss", "val_top1", "train_loss")
_HEAD = ("block", "was", "val_loss", "val_top1", "train_loss", "val_loss, longer", "val_top1, longer", "train_loss, longer")
_SIDES: tuple[Side, ...] = ("right", "left", "right", "right", "right", "right", "right", "right")


def longer(table: duckdb.DuckDBPyConnection, found: Sequence[Finding]) -> Iterator[str]:
    """Lines of Markdown for every proxy with a reference of the same images: how both order the blocks with scores on both."""
    datasets = dict(table.execute("SELECT proxy, dataset FROM proxies").fetchall())
    judged = [(item.proxy, item.reference) for item in ranking(found) if item.reference is not None]
    pairs = [(proxy, reference) for proxy, reference in judged if datasets[proxy] == datasets[reference]]
    if not pairs:
        yield "No block was trained for longer than on the proxy that it is judged by."
    for proxy, reference in pairs:
        rows = _means(table, proxy, reference)
        drawn = _drawn(table, reference)  # for the longer training, whatever drew them for the shorter one
        words = dict.fromkeys(_drawn(table, proxy), "picked") | dict.fromkeys(drawn, "drawn")
        groups = {"all": rows, "drawn at random": [row for row in rows if row[0] in drawn]}
        yield f"Means over their seeds on {proxy}, and on {reference} (longer)."
        yield ""
        for name, members in groups.items():
            if len(members) >= _LEAST:
                yield f"* Spearman's correlation of both over {_blocks(len(members), name)}: {_agreement(members)}."
        yield ""
        yield "Drawn: trained for longer as it was drawn at random; picked: drawn for the shorter training, and picked from"
        yield "these for the longer one; chosen: by a search or a person for both."
        yield ""
        lines = [(str(arch), words.get(arch, "chosen"), *map(_number, scores)) for arch, *scores in rows]
        yield markdown(_HEAD, lines, _SIDES).rstrip()
        yield ""


def _drawn(table: duckdb.DuckDBPyConnection, proxy: str) -> set[int]:
    tried = table.execute("SELECT DISTINCT arch FROM runs WHERE proxy = ?", [proxy]).fetchall()
    return drawn_at_random({arch for (arch,) in tried})


def _means(table: duckdb.DuckDBPyConnection, proxy: str, reference: str) -> list[tuple[Any, ...]]:
    """Block, three scores on the proxy, the same on the reference: the smallest loss on the proxy first."""
    columns = ", ".join(f"favg({name}) FILTER (WHERE proxy = ?)" for _ in range(2) for name in _SCORES)
    sql = (
        f"SELECT arch, {columns} FROM runs WHERE status = 'ok' GROUP BY arch "
        "HAVING count(*) FILTER (WHERE proxy = ?) > 0 AND count(*) FILTER (WHERE proxy = ?) > 0 ORDER BY 2, arch"
    )
    each = [name for name in (proxy, reference) for _ in _SCORES]
    return table.execute(sql, [*each, proxy, reference]).fetchall()


def _agreement(rows: Sequence[tuple[Any, ...]]) -> str:
    scores = np.asarray([row[1:] for row in rows], dtype=np.float64)  # (blocks, both by score)
    said = [f"{spearman(scores[:, i], scores[:, i + len(_SCORES)]):.2f} by {name}" for i, name in enumerate(_SCORES[:2])]
    return ", ".join(said)


def _blocks(count: int, name: str) -> str:
    return f"all {count} blocks" if name == "all" else f"the {count} that were {name}"


def _number(value: float) -> str:
    return f"{value:.4f}"
