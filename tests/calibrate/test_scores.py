"""Which blocks a proxy is judged by."""

from sase_bench.calibrate.scores import drawn_at_random
from sase_bench.space import Space


def test_blocks_that_somebody_chose_are_not_judged_beside_those_that_were_drawn() -> None:
    drawn = {arch.index for arch in Space("full").sample(12, seed=0)}
    assert drawn_at_random(drawn | {54983, 111814}) == drawn
    assert drawn_at_random({arch.index for arch in Space("tied")}) == {arch.index for arch in Space("tied")}
    assert drawn_at_random({0, 1, 54983}) == {0, 1, 54983}
    assert drawn_at_random(set()) == set()
