from itertools import combinations

import numpy as np
import pytest

from sase_bench.report.drawing import COLOURS, MARKERS, line_of

#: How linear red, green and blue look to whom (Machado, Oliveira and Fernandes 2009, severity 1).
SIGHT = {
    "normal": np.eye(3),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
}
TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
WHITE = TO_XYZ.sum(1)


def seen(colour: str, sight: np.ndarray) -> np.ndarray:
    """CIE L*, a*, b* of "#RRGGBB"."""
    given = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    linear = np.where(given <= 0.04045, given / 12.92, ((given + 0.055) / 1.055) ** 2.4)
    x, y, z = np.cbrt(np.maximum(TO_XYZ @ np.clip(sight @ linear, 0, 1) / WHITE, 0))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("name", SIGHT)
def test_colours_are_told_apart_by_every_reader_and_from_paper(name: str) -> None:
    points = {colour: seen(colour, SIGHT[name]) for colour in (*COLOURS, "#FFFFFF")}
    closest = min((float(np.linalg.norm(points[one] - points[other])), one, other) for one, other in combinations(points, 2))
    assert closest[0] > 15, closest  # a difference of 2.3 is just noticeable


def test_twelve_lines_share_no_colour_and_no_marker_and_forty_eight_are_never_the_same() -> None:
    lines = [line_of(place) for place in range(48)]
    for part in ("color", "marker"):
        assert len({line[part] for line in lines[:12]}) == 12
    assert len({tuple(line.values()) for line in lines}) == 48
    assert len(COLOURS) == len(MARKERS)
