"""How sure the means of the blocks are, by how many seeds they have: the reliability of a release is not that of each block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set

import duckdb

from sase_bench.calibrate.agreement import ranking
from sase_bench.calibrate.findings import Finding, judge
from sase_bench.calibrate.scores import panel
from sase_bench.samples import drawn_at_random
from sase_bench.space import SPACES
from sase_bench.statistics.correlation import ranks
from sase_bench.statistics.reliability import Estimate, estimate_reliability, spearman_brown

__all__ = ["elsewhere", "groups"]

_ENOUGH = 8  # blocks drawn at random with the same seeds, from which a group's reliability is measured by itself

Blocks = dict[int, tuple[int, ...]]  # block → the seeds of its runs that ended ok


def groups(table: duckdb.DuckDBPyConnection, found: Sequence[Finding]) -> Iterator[str]:
    """A line for each number of seeds that blocks of a judged proxy have, as an entry of a list.

    It leads with what was measured on blocks of the group, where enough of them were drawn at random: those of the tied space
    lie closer together than those of the full space, and what is true of one is not of the other.
    """
    for item in ranking(found):
        blocks = _blocks(table, item.proxy)
        drawn = {space: drawn_at_random(set(blocks), space) for space in SPACES}
        for seeds in sorted({len(values) for values in blocks.values()}):
            group = {arch: values for arch, values in blocks.items() if len(values) == seeds}
            measured = list(_measured(table, item, group, drawn))
            if not measured:
                predicted = Estimate(*(spearman_brown(value, seeds) for value in (item.icc.value, item.icc.low, item.icc.high)))
                measured = [f"{predicted}, by the ICC of a run of the {_count(item.blocks, 'block')} of the first line"]
            said = f"* {_count(len(group), 'block')} of {item.proxy} with {_count(seeds, 'seed')}: reliability of their mean "
            yield f"{said}{item.metric} {'; '.join([*measured, *_drawn(group, drawn)])}."


def elsewhere(table: duckdb.DuckDBPyConnection, found: Sequence[Finding]) -> Iterator[Finding]:
    """What each proxy ranks by, judged by the blocks drawn from another space than those in `found`, where there are enough."""
    for item in ranking(found):
        for space in SPACES:
            if space != item.space:
                judged = next(judge(table, proxy=item.proxy, metrics=[item.metric], space=space), [])
                yield from (other for other in judged if other.blocks >= _ENOUGH)


def _measured(table: duckdb.DuckDBPyConnection, item: Finding, group: Blocks, samples: Mapping[str, Set[int]]) -> Iterator[str]:
    """The reliability of those blocks of `group` that were drawn from each space, where they are enough."""
    for space, sample in samples.items():
        drawn = {arch: values for arch, values in group.items() if arch in sample}
        if not drawn:
            continue
        seeds, _ = Counter(drawn.values()).most_common(1)[0]
        archs = {arch for arch, values in drawn.items() if values == seeds}
        if len(archs) >= _ENOUGH and len(seeds) > 1:
            found = panel(table, item.proxy, seeds, among=archs, space=space)
            reliability = estimate_reliability(ranks(found.scores[item.metric]))
            yield f"{reliability}, measured on {len(found.archs)} of them that were drawn at random from the {space} space"


def _drawn(group: Blocks, samples: Mapping[str, Set[int]]) -> Iterator[str]:
    """How many blocks of `group` were drawn at random, where that is not said with what was measured on them."""
    counts = {space: len(sample & set(group)) for space, sample in samples.items()}
    if not any(counts.values()):
        yield "none of them was drawn at random"
    for space, count in counts.items():
        if 0 < count < _ENOUGH:
            yield f"{count} of them were drawn at random from the {space} space"


def _blocks(table: duckdb.DuckDBPyConnection, proxy: str) -> Blocks:
    sql = "SELECT arch, list(seed ORDER BY seed) FROM runs WHERE proxy = ? AND status = 'ok' GROUP BY arch ORDER BY arch"
    return {arch: tuple(seeds) for arch, seeds in table.execute(sql, [proxy]).fetchall()}


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
