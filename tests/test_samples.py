from sase_bench.samples import drawn_at_random, representative
from sase_bench.space import Architecture, Space


def test_blocks_that_somebody_chose_are_told_from_those_that_were_drawn() -> None:
    drawn = {arch.index for arch in Space("full").sample(12, seed=0)}
    assert drawn_at_random(drawn | {54983, 111814}) == drawn
    assert drawn_at_random({arch.index for arch in Space("tied")}) == {arch.index for arch in Space("tied")}
    balanced = {arch.index for arch in Space("full").orthogonal_array(49, seed=0)}
    assert drawn_at_random(balanced | {54983}) == balanced
    assert drawn_at_random({0, 1, 54983}) == set()
    first = {arch.index for arch in Space("full").sample(3, seed=0)}
    assert Architecture(172).is_tied
    assert 172 in first
    assert drawn_at_random(first, "full") == first
    tied = {arch.index for arch in Space("tied")}
    assert drawn_at_random(tied, "full") == set()  # though a sample of the full space holds some of them, and so does an array
    assert drawn_at_random(tied | drawn, "full") == drawn
    assert drawn_at_random(set()) == set()


def test_a_sample_ends_where_blocks_are_missing_and_not_at_one_that_was_chosen_or_failed() -> None:
    for space in ("tied", "full"):
        sample = [arch.index for arch in Space(space).sample(120, seed=0)]
        swept = set(sample[:60]) - {sample[5], sample[40]}  # two runs failed, or are still being made
        chosen = {sample[75], sample[90], sample[119], 54983, *range(60)} - swept
        assert drawn_at_random(swept | chosen, space) == swept


def test_the_blocks_that_stand_for_a_space_were_drawn_from_it_alone() -> None:
    full = {arch.index for arch in Space("full").sample(6, seed=0)}
    tied = {arch.index for arch in Space("tied").sample(10, seed=0)}
    assert drawn_at_random(full | tied, "tied") == tied
    assert drawn_at_random(full | tied) == full | tied
    assert representative(full | tied) == representative(full | tied, "tied") == tied
    enough = {arch.index for arch in Space("full").sample(12, seed=0)}
    assert representative(enough | {arch.index for arch in Space("tied").sample(20, seed=0)}) == enough
    assert representative(full | tied, "full") == full
    chosen = {54983, *range(6)} - full - tied
    assert representative(full | chosen) == full | chosen  # as many as were drawn, or more
    neighbours = {arch.index for arch in Architecture(54983).neighbours()}
    assert representative(enough | neighbours) == enough  # there are enough to go by
    assert representative(enough, "tied") == {arch for arch in enough if Architecture(arch).is_tied}
    assert representative(set()) == set()
