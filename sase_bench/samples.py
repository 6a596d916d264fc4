"""Which blocks were drawn at random, and which of some blocks stand for a space: what is said of a space goes by them alone.

A plan names its sample by its size, so whoever finds runs in a table can tell what was drawn from what was chosen.

>>> drawn = {arch.index for arch in Space("full").sample(12, PLAN_SEED)}
>>> drawn_at_random(drawn | {54983}) == drawn  # the published block was not drawn
True
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from itertools import accumulate

from sase_bench.space import SPACES, Architecture, Space

__all__ = ["PLAN_SEED", "drawn_at_random", "representative", "space_judged"]

#: Of the samples that the plans `random:N` and `orthogonal:N` stand for; a larger N of `random:N` keeps the smaller sample.
PLAN_SEED = 0

_ENOUGH = 12  # blocks drawn from a space to judge by them, however many were drawn from the other one, or chosen


def drawn_at_random(archs: Set[int], space: str | None = None) -> set[int]:
    """Those of some blocks that a plan `random:N` or `orthogonal:N` has in `space`, or in either, N being at most their number.

    The others were chosen by a person or a search: they stand for themselves, and not for the space. A sample goes as far as
    most of its blocks are there, see `_length`, and of an array most blocks must be.
    """
    drawn: set[int] = set()
    for name in (SPACES if space is None else (space,)) if archs else ():
        members = Space(name)
        sample = [arch.index for arch in members.sample(min(len(archs), len(members)), PLAN_SEED)]
        drawn |= archs & set(sample[: _length(sample, archs, name)])
        for n in members.arrays:
            if n <= len(archs):
                array = archs & {arch.index for arch in members.orthogonal_array(n, PLAN_SEED)}
                drawn |= array if 2 * len(array) > n else set()
    return drawn


def _length(sample: Sequence[int], archs: Set[int], space: str) -> int:
    """How much of a sample of the space was drawn: up to where the blocks that are there outnumber those that are not most.

    So a block that was chosen from further on is not taken for one that was drawn, and a run that is missing ends nothing. In
    `full` the tied blocks have no say, but for those that follow without a gap: a sweep of all of `tied` has them as well.
    """
    said = [0 if space == "full" and Architecture(arch).is_tied else 1 if arch in archs else -1 for arch in sample]
    surplus = list(accumulate(said, initial=0))
    length = surplus.index(max(surplus))
    while length < len(sample) and said[length] == 0 and sample[length] in archs:
        length += 1
    return length


def space_judged(drawn: Mapping[str, Set[int]]) -> str:
    """The space to judge by where none is named and these were drawn from each: `full`, unless too few for it and fewer."""
    return max(drawn, key=lambda name: (min(len(drawn[name]), _ENOUGH), name == "full"))


def representative(archs: Set[int], space: str | None = None) -> Set[int]:
    """The blocks that stand for `space`, by default for that of `space_judged`: those drawn from it, if there are enough.

    Blocks are drawn from one space or from the other: those of both together stand for neither. Where few were drawn, and a
    person or a search chose as many, all blocks are taken, of `space` where one is named.
    """
    drawn = {name: drawn_at_random(archs, name) for name in SPACES}
    chosen = archs - set().union(*drawn.values())
    sample = drawn[space_judged(drawn) if space is None else space]
    if len(sample) >= _ENOUGH or len(sample) > len(chosen):
        return sample
    return archs if space is None else archs & set(Space(space).indices.tolist())
