import re

import pytest

from sase_bench.errors import RequestError
from sase_bench.trunk import CifarTrunk, ResNetTrunk, Stage

SMALL = CifarTrunk(depth=8, width=4, resolution=8, in_channels=1, num_classes=3)


def test_a_small_trunk_costs_what_a_person_counts() -> None:
    """Stem; three blocks of two convolutions, the last two with a shortcut; linear. 2 parameters a channel normalise."""
    stem, first = 9 * 4, 2 * 9 * 4 * 4
    second, third = (9 * inputs * 2 * inputs + 9 * (2 * inputs) ** 2 + inputs * 2 * inputs for inputs in (4, 8))
    normalised = 2 * (4 + 2 * 4 + 3 * 8 + 3 * 16)
    assert SMALL.params == stem + first + second + third + normalised + 16 * 3 + 3
    assert SMALL.flops == (stem + first) * 8 * 8 + second * 4 * 4 + third * 2 * 2 + 16 * 3


def test_width_doubles_and_size_halves_from_stage_to_stage() -> None:
    assert CifarTrunk(depth=20).stages == (Stage(16, 32, 32, 3), Stage(32, 16, 16, 3), Stage(64, 8, 8, 3))


@pytest.mark.parametrize(
    ("resolution", "heights"),
    [(224, [56, 28, 14, 7]), (225, [57, 29, 15, 8]), (64, [16, 8, 4, 2])],
)
def test_every_stride_of_a_resnet_rounds_up(resolution: int, heights: list[int]) -> None:
    stages = ResNetTrunk(depth=101, resolution=resolution).stages
    assert [(stage.height, stage.width) for stage in stages] == [(height, height) for height in heights]
    assert [(stage.channels, stage.blocks) for stage in stages] == [(256, 3), (512, 4), (1024, 23), (2048, 3)]


def test_a_name_tells_trunks_apart() -> None:
    assert SMALL.name == "resnet8-w4-8px-1x3"
    assert CifarTrunk(depth=8, kernel_size=1).name == "resnet8-local-w16-32px-3x10"
    assert ResNetTrunk(depth=50).name == "resnet50-224px-1000"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"depth": 9}, "the depth of a CIFAR ResNet is 6n+2 (8, 14, 20, ...), got 9"),
        ({"depth": 2}, "the depth of a CIFAR ResNet is 6n+2 (8, 14, 20, ...), got 2"),
        ({"depth": 8, "kernel_size": 5}, "the kernel size of a CIFAR ResNet is 1 or 3, got 5"),
        ({"depth": 8, "resolution": 10}, "the resolution is a multiple of 4 and at least 8 pixels, got 10"),
        ({"depth": 8, "resolution": 4}, "the resolution is a multiple of 4 and at least 8 pixels, got 4"),
        ({"depth": 8, "width": 0}, "a network has at least one channel and one class, got CifarTrunk("),
        ({"depth": 8, "num_classes": 0}, "a network has at least one channel and one class, got CifarTrunk("),
    ],
)
def test_impossible_trunks_are_refused(options: dict[str, int], message: str) -> None:
    with pytest.raises(RequestError, match=f"^{re.escape(message)}"):
        CifarTrunk(**options)


def test_other_resnet_depths_are_refused() -> None:
    with pytest.raises(RequestError, match=r"^unknown ResNet depth '18'; choose from 50, 101$"):
        ResNetTrunk(depth=18)
