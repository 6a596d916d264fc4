from sase_bench.modules.width import group_count, hidden_channels


def test_narrow_networks_get_the_nearest_that_fits() -> None:
    assert [hidden_channels(c, 16) for c in (8, 16, 40, 2048)] == [1, 1, 2, 128]
    assert [group_count(c, 64) for c in (3, 8, 16, 24, 256, 2048)] == [1, 2, 4, 4, 64, 64]
