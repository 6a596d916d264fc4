"""Recipes: the course of the learning rate, the options that are derived from the fields, what is refused."""

import re
from dataclasses import asdict
from typing import Any

import pytest

from sase_bench.errors import RequestError
from sase_bench.train.recipe import CocoRecipe, ImageNetRecipe


def test_the_papers_recipe_for_imagenet() -> None:
    assert asdict(ImageNetRecipe()) == {
        "epochs": 100, "batch_size": 128, "learning_rate": 0.1, "reference_batch": 128, "schedule": "cosine",
        "milestones": (30, 60, 90), "decay": 0.1, "warmup_steps": 0, "warmup_start": 0.001, "momentum": 0.9,
        "weight_decay": 1e-4, "clip_norm": 5.0, "average_decay": 0.0, "precision": "float32", "seed": 0,
        "label_smoothing": 0.1, "resolution": 224, "smallest_crop": 0.08, "flip": 0.5, "colour_jitter": (0.4, 0.4, 0.4, 0.2),
        "centre_share": 0.875,
    }  # fmt: skip


def test_the_hash_depends_on_every_field_and_differences_are_named() -> None:
    recipe = CocoRecipe()
    others = [CocoRecipe(seed=1), CocoRecipe(milestones=(8, 10)), CocoRecipe(freeze_batch_norm=True)]
    assert len({other.recipe_hash for other in [recipe, *others]}) == 4
    assert recipe.differences(asdict(others[0])) == ["seed 1, not 0"]
    assert recipe.differences(asdict(recipe)) == []


@pytest.mark.parametrize(
    ("recipe", "values", "message"),
    [
        (ImageNetRecipe, {"epochs": 0}, "epochs is at least 1, got 0"),
        (ImageNetRecipe, {"seed": -1}, "seed is at least 0, got -1"),
        (ImageNetRecipe, {"momentum": 1.0}, "momentum is at least 0 and below 1, got 1.0"),
        (ImageNetRecipe, {"learning_rate": float("nan")}, "learning_rate is 0 or positive, and below 1e+38, got nan"),
        (ImageNetRecipe, {"weight_decay": 1e300}, "weight_decay is 0 or positive, and below 1e+38, got 1e+300"),
        (ImageNetRecipe, {"milestones": (3, 0)}, "milestones are numbers of epochs from 1, got (3, 0)"),
        (CocoRecipe, {"decay": -5.0}, "decay is in 0..1, got -5.0"),
        (CocoRecipe, {"decay": float("nan")}, "decay is in 0..1, got nan"),
        (ImageNetRecipe, {"colour_jitter": (float("nan"), 0.0, 0.0, 0.0)}, "colour_jitter is 0 or positive and its hue"),
        (ImageNetRecipe, {"colour_jitter": (float("inf"), 0.0, 0.0, 0.0)}, "colour_jitter is 0 or positive and its hue"),
        (ImageNetRecipe, {"resolution": 4}, "resolution is at least 8 pixels, got 4"),
        (ImageNetRecipe, {"smallest_crop": 0.0}, "smallest_crop is above 0 and at most 1, got 0.0"),
        (ImageNetRecipe, {"flip": 2.0}, "flip and label_smoothing are in 0..1, got 2.0 and 0.1"),
        (ImageNetRecipe, {"colour_jitter": (0.0, 0.0, 0.0, 0.6)}, "its hue at most 0.5, got"),
        (CocoRecipe, {"short_side": 900, "long_side": 800}, "short_side is at least 64 pixels and at most long_side, got 900"),
        (CocoRecipe, {"flip": -1.0}, "flip is in 0..1, got -1.0"),
        (CocoRecipe, {"proposals": 1}, "proposals are at least 2 and region_samples at least 1, got 1 and 512"),
        (CocoRecipe, {"trainable_stages": 6}, "trainable_stages is 0 to 5, got 6"),
    ],
)
def test_values_that_cannot_be_are_refused(recipe: Any, values: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError, match=re.escape(message)):
        recipe(**values)
