import numpy as np
import pytest

from sase_bench.latency import compose_blocks, compose_networks, find_trunk
from sase_bench.latency.parts import operation_part, plain, wiring
from sase_bench.space import SASE_BLOCK, Architecture, Space
from tests.latency.fakes import SMALL, fake_parts

OTHER = Architecture.from_digits((6, 0, 2, 6, 3, 4))


@pytest.mark.parametrize("arch", [SASE_BLOCK, OTHER])
def test_a_block_is_the_sum_of_its_six_operations_and_its_wiring(arch: Architecture) -> None:
    stage, parts = find_trunk(SMALL).stages[1], fake_parts()
    by_hand = parts[wiring(stage)] + sum(parts[operation_part(slot, name, stage)] for slot, name in arch.operations.items())
    found = compose_blocks(stage, parts, np.asarray([arch.digits], dtype=np.uint8))
    assert found.tolist() == pytest.approx([by_hand])


@pytest.mark.parametrize("name", ["resnet20-w16-32px-3x10", "resnet101-224px-1000"])
def test_a_network_is_its_trunk_and_a_block_in_every_branch(name: str) -> None:
    trunk, parts = find_trunk(name), fake_parts(name)
    digits = np.asarray([SASE_BLOCK.digits, OTHER.digits], dtype=np.uint8)
    blocks = np.zeros(2)
    for stage in trunk.stages:
        for _ in range(stage.blocks):
            blocks += compose_blocks(stage, parts, digits)
    assert compose_networks(trunk, parts, digits) == pytest.approx(parts[plain(trunk)] + blocks)
    assert compose_networks(trunk, parts, digits, 1.25) == pytest.approx(parts[plain(trunk)] + 1.25 * blocks)


def test_one_call_composes_the_whole_space_in_order_of_the_index() -> None:
    trunk, parts = find_trunk(SMALL), fake_parts()
    everything = compose_networks(trunk, parts, Space("full").digits())
    assert everything.shape == (117_649,)
    for arch in (SASE_BLOCK, OTHER):
        alone = compose_networks(trunk, parts, np.asarray([arch.digits], dtype=np.uint8))
        assert everything[arch.index] == alone[0]
