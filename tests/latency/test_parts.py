from sase_bench.latency.parts import parts_of
from sase_bench.trunk import CifarTrunk, ResNetTrunk


def test_parts_are_the_plain_trunk_and_for_each_stage_the_wiring_and_42_operations() -> None:
    for trunk in (CifarTrunk(depth=20), ResNetTrunk(depth=50)):
        parts = parts_of(trunk)
        assert len(parts) == len(set(parts)) == 1 + 43 * len(trunk.stages)
    resnets = [set(parts_of(ResNetTrunk(depth=depth))) for depth in (50, 101)]
    assert len(resnets[0] & resnets[1]) == 43 * 4  # all but the plain trunks
