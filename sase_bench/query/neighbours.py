"""The query about a block's neighbours: what another operation in one slot would do to its score."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sase_bench.answers import Answer
from sase_bench.errors import RequestError
from sase_bench.query.columns import fields
from sase_bench.query.gains import Gain, Gains
from sase_bench.query.language import Neighbours
from sase_bench.query.metrics import Metric
from sase_bench.query.relation import Relation, relation_on, unmeasured
from sase_bench.query.source import Source
from sase_bench.query.together import is_shared
from sase_bench.space import SPACES, Space
from sase_bench.statistics.effects import separate
from sase_bench.statistics.means import CONFIDENCE, TAILS
from sase_bench.statistics.places import draws_of_truth

__all__ = ["neighbours"]


def neighbours(query: Neighbours, source: Source) -> Answer:
    """The measured blocks that differ from one in a single slot, in `tied` in a single set, with what each gains over it.

    `gain` is without what seeds do to all blocks, larger is better whatever the metric; the best stands first. Its interval is
    that of two blocks by themselves. A block is often asked for since it scored well, and then it has had luck: `p_better`, the
    probability that a neighbour is truly better, allows for that by draws of all blocks' true scores
    (`sase_bench.statistics.places`).
    """
    measured, block, metric = relation_on(source, query.selection.on, query.selection.space), query.arch, query.metric
    space = Space(query.selection.space or "full")
    if block not in space:
        raise RequestError(f"block {block.index} is not in the tied space; ask for its neighbours without: in tied")
    column = metric.column(test=source.test)
    seeds = f"{column}_n" if metric.is_of_run else "seeds"
    found = {arch: values for arch, *values in measured.rows(["arch", column, seeds], query.selection, metric)}
    if block.index not in found:
        raise unmeasured(measured, block)
    own, own_seeds = found[block.index]
    around = space.neighbours(block)
    gains = Gains(measured, metric) if metric.is_of_run else None
    rows: list[tuple[str, str, int, float, int, Gain]] = []
    better = _probabilities(measured, metric, block.index)
    for one in (arch for arch in around if arch.index in found):
        value, count = found[one.index]
        place = next(name for name in SPACES[space.name] if one.operations[name] != block.operations[name])
        gain = _exact(metric.sign * (own - value)) if gains is None else gains.over(one.index, block.index)
        rows.append((place, one.operations[place], one.index, value, count, gain))
    rows.sort(key=lambda row: (row[-1].value is None, -(row[-1].value or 0.0)))  # neighbours come by slot and operation
    facts = (block.index, str(block), measured.proxy, column, own, own_seeds)
    own_names = ("arch", "text", "proxy", "metric", "value", "seeds")
    names = ("slot", "operation", "neighbour", "neighbour_value", "neighbour_seeds")
    return Answer(
        fields=fields(*own_names, *names, "gain", "gain_low", "gain_high", "p_better"),
        rows=tuple((*facts, *row[:-1], *row[-1], better.get(row[2])) for row in rows),
        notes=(
            *measured.notes_on(metric),
            *_notes([row[-1] for row in rows], len(around), measured, query),
            *_allowing_for_luck([better[row[2]] for row in rows if row[2] in better]),
        ),
        shared=len(facts),
    )


def _probabilities(measured: Relation, metric: Metric, own: int) -> dict[int, float]:
    """For every other block the probability that it is truly better; of none where the noise is not known."""
    if not metric.is_of_run or is_shared(metric):
        return {}
    archs, _, scores = measured.scores(metric.column(test=measured.source.test))
    if len(archs) < 2:
        return {}
    row = archs.index(own)
    is_better = [truth < truth[row] for truth in draws_of_truth(separate(scores), sign=metric.sign)]
    return dict(zip(archs, np.mean(is_better, axis=0).tolist(), strict=True)) if is_better else {}


def _allowing_for_luck(better: Sequence[float]) -> Iterator[str]:
    """What the probabilities come to."""
    if better:
        surely, surely_not = (sum(p >= CONFIDENCE for p in found) for found in (better, [1 - p for p in better]))
        yield (
            f"p_better allows for the luck of a block that was asked for since it scored well: {surely} of {len(better)} are "
            f"better with {CONFIDENCE:.0%} probability, {surely_not} worse, and {sum(better):.1f} are better on average"
        )


def _exact(gain: float) -> Gain:
    """What does not depend on the seed has no noise: the interval is the gain itself."""
    return Gain(gain, gain, gain)


def _notes(gains: Sequence[Gain], total: int, measured: Relation, query: Neighbours) -> Iterator[str]:
    """What the neighbours come to, and how to measure the others."""
    if gains:
        better = sum(gain.low is not None and gain.low > 0 for gain in gains)
        worse = sum(gain.high is not None and gain.high < 0 for gain in gains)
        known = sum(gain.low is not None for gain in gains)
        counted = f"; {better} of {known} are better, {worse} worse" if known else ""
        if known and query.metric.is_of_run:
            counted = f"; by 95 % intervals {better} of {known} are better, {worse} worse"
            counted += f", and {TAILS[0] * known:.1f} would be either by luck alone"
        yield f"gain: over block {query.arch.index}, larger is better{counted}"
    if len(gains) < total:
        space = " --space full" if query.selection.space != "tied" else ""
        command = measured.source.writing(f"sweep --plan neighbours:{query.arch.index}{space} --proxy {measured.proxy}")
        yield f"{len(gains)} of {total} neighbours were measured; train the others with: {command}"
