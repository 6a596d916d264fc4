from sase_bench.report.inputs import best_blocks
from tests.evidence import calibration, evidence, measurement


def test_the_best_block_of_every_proxy_is_named_by_its_number_the_most_trusted_first() -> None:
    other, same, trusted = measurement("other", 3), measurement("same", 4), measurement("trusted", 2)
    other.blocks.insert(0, other.blocks[2])
    found = evidence(other, same, trusted, calibrations=[calibration("trusted", 0.5)])
    assert best_blocks(found) == {
        1: "trusted and same",
        3: "other",
    }
    assert best_blocks(evidence()) == {}
