"""What is told of masks before training agrees with what pycocotools makes of them."""

from typing import Any

import numpy as np
import pytest
from pycocotools import mask as rle

from sase_bench.train.masks import are_finite, problem_of, run_lengths


def drawn(seed: int) -> np.ndarray:
    """A mask of any size, from empty to full."""
    draw = np.random.default_rng(seed)
    return np.asfortranarray(draw.random(draw.integers(1, 90, 2)) < draw.choice([0, 0.01, 0.5, 1]), dtype=np.uint8)


@pytest.mark.parametrize("seed", range(40))
def test_runs_are_those_that_pycocotools_wrote(seed: int) -> None:
    mask = drawn(seed)
    counts = rle.encode(mask)["counts"].decode()
    runs = run_lengths(counts)
    assert runs is not None
    pixels = np.concatenate([np.full(run, number % 2) for number, run in enumerate(runs)])
    assert np.array_equal(pixels, mask.ravel("F"))
    height, width = mask.shape
    for told in (counts, runs):
        assert problem_of({"size": [height, width], "counts": told}, height, width) is None
    assert problem_of({"size": [height, width], "counts": runs[:-1]}, height, width) is not None


@pytest.mark.parametrize(
    ("mask", "problem"),
    [
        ([[0, 0, 3, 0, 3.5, 3], [1, 1, 2, 1, 2, 2]], None),
        ([[0, 0, 3, 0, 3, 3], [1, 1, 2, 1]], "a polygon that is not x, y of three corners or more"),
        ([[0, 0, 3, 0, 3, 3, 3]], "a polygon that is not x, y of three corners or more"),
        ([[0, 0, 3, 0, 3, float("nan")]], "a polygon that is not x, y of three corners or more"),
        ([], "a polygon that is not x, y of three corners or more"),
        (None, "no polygons and no run lengths"),
        ({"counts": "04"}, "no polygons and no run lengths"),
        ({"size": [4, 5], "counts": "04"}, "a size of [4, 5] in an image of 4x4 pixels"),
        ({"size": [4, 4], "counts": "04"}, "runs of 4 pixels in an image of 16"),
        ({"size": [4, 4], "counts": "04<"}, None),
        ({"size": [4, 4], "counts": "xx"}, "run lengths that cannot be read"),
        ({"size": [4, 4], "counts": "04P"}, "run lengths that cannot be read"),
        ({"size": [4, 4], "counts": "@@"}, "run lengths that cannot be read"),
        ({"size": [4, 4], "counts": [8, -8, 16]}, "run lengths that cannot be read"),
        ({"size": [4, 4], "counts": [8.0, 8]}, "run lengths that cannot be read"),
        ({"size": [4, 4], "counts": 16}, "run lengths that cannot be read"),
    ],
    ids=str,
)
def test_what_is_no_mask_of_the_image_is_told(mask: Any, problem: str | None) -> None:
    assert problem_of(mask, 4, 4) == problem


def test_finite_numbers() -> None:
    assert are_finite([1, 2.5, -3])
    for other in (None, "12", [True], ["1"], [float("inf")], [float("nan")], [10**400], (1, 2)):
        assert not are_finite(other)
